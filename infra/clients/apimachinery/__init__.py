"""Admission, aggregation, API Priority and Fairness, and watches."""

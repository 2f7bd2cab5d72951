"""Logs and traces of what scenarios run."""

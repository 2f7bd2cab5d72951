"""What AWS is like and moto is not: one module for each trait, put together in aws.py.

All times are short, so that a run sees every trait in minutes; beside each is what AWS says.
"""

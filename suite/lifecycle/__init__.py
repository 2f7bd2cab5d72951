"""Drains and their judgement."""

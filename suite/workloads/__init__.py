"""Pods under test: made, resized and compared."""

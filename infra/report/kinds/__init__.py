"""Kinds of evidence and how each is drawn."""

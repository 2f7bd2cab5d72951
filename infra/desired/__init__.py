"""Desired state of machines: things (wanted), facts (seen), plan (difference), apply (writes)."""

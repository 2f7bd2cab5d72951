"""Writes, snapshots and restored members, and what they must hold."""

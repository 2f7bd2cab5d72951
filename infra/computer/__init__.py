"""The computer that the suite runs on: its load, and locks between its processes."""

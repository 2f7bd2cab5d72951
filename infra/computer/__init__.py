"""The computer that the suite runs on: its load, locks between its processes, how they end."""

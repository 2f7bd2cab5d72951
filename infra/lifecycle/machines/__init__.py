"""What machines are told at first, where this run reaches them, when they power off."""

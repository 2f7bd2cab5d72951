"""Where the time of a run went: who kept it from ending earlier, what was idle, and why."""

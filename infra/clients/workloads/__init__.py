"""Pods as they are, their owners, and what the kernel allows them: cgroups."""

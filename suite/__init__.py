"""What scenarios do to a cluster, and how they judge it: infra knows none of this."""

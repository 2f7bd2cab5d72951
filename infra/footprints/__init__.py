"""What scenarios change of the cluster, what they rely on, and who may run beside whom."""

"""Machines of the local EC2 on this host: processes, disks, network, the reconciler."""

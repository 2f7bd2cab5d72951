"""What a machine of the local EC2 boots: the User-mode Linux kernel and the base image."""

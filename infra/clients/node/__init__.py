"""Kubelets and their machines: devices, images, shutdown, swap, Leases of nodes."""

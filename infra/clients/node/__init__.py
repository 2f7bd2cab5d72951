"""Kubelets and their machines: endpoints, images, clocks, Leases of nodes."""

"""What scenarios do to workers: devices, images, swap, shutdown, restarts of kubelets."""

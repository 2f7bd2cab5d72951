"""Claims, volumes, snapshots, image volumes, registries and the EBS CSI driver."""

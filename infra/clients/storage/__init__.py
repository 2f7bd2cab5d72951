"""Claims, volumes, snapshots, image volumes and the EBS CSI driver."""

"""etcd: members, snapshots, what is stored, and a load of writes."""

"""etcd: its members, their settings and alarms, and what is stored."""

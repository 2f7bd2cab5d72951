"""How we look at the cluster: one client a thing looked at; only these parse output."""

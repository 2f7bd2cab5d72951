"""How we look at a cluster: they read, change nothing and know of no claim (docs/adr/0019)."""

"""Ways to a machine or a port: HTTP, TLS, systemd, the journal, kubectl."""

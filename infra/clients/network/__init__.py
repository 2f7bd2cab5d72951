"""Open ports of machines, and how the load balancer checks its servers."""

"""API servers, controller managers and schedulers as processes: Leases and leadership."""

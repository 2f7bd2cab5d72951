"""Our helper program on a machine."""

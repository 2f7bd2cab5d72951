"""The whole suite on every minor of Kubernetes, one after the other."""

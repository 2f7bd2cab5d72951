"""The instance metadata service and the credentials that it hands out."""

"""Drains, node membership, version skew, and availability of the API meanwhile."""

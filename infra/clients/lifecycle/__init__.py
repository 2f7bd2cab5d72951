"""Node membership, version skew, and availability of the API."""

"""Pinned binaries and container images: from the cache, the official release or a Go module."""

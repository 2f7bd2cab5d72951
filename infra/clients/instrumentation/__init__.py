"""Metrics, journals and effective settings of components, and the node log query."""

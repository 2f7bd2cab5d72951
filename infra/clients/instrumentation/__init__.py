"""Logs, metrics, traces and effective settings of components."""

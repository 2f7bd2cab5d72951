"""Policies, webhooks and floods of requests that scenarios make, and how answers are judged."""

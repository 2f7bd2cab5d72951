"""Pods and what the kernel allows them: cgroups, resize, Deployments, add-ons."""

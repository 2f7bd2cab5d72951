"""Certificates, kubeconfigs and secret files on machines, and who is let in where."""

"""Certificates, kubeconfigs, accounts and their rights, and who is let in where."""

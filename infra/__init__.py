"""The hand-built cluster: machines, artifacts, certificates, phases, clients and reports."""

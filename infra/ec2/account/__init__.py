"""An account that clusters are in: whose they are, what it lacks, what they cost."""

"""What a look at a cluster that somebody else built finds: machines, processes, places."""

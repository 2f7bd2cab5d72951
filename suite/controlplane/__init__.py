"""Leader election as a scenario follows it."""

"""A cluster that is kept moves to the next minor version, in the order of article 64."""

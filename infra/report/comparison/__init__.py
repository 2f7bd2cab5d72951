"""Several runs beside one another: which there are, how claims fared from run to run."""

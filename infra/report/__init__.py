"""The record of a run, judged and drawn: claims.json, the page, the matrix over versions."""

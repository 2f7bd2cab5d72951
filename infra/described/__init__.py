"""A cluster that somebody else built, as its owner describes it in one file (``my.toml``)."""

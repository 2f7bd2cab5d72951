"""ServiceAccounts of scenarios, and what bounds a namespace."""

"""Certificates of the series: three authorities and one table of identities (article 4)."""

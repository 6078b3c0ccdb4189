"""`regenkit new`: the beginning of a plugin."""

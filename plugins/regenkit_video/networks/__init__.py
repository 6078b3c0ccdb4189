"""Networks over space and time."""

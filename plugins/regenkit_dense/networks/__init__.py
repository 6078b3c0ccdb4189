"""Networks of dense maps."""

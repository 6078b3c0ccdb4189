"""Networks that others trained, fetched and read."""

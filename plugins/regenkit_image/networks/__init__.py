"""What learned converters are made of, and networks that others trained, fetched and read."""

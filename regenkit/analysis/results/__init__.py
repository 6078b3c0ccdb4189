"""The types of all figures: frozen dataclasses, from measurement to page, and the JSON files they are written to."""

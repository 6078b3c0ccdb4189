"""DejaVu: pictures regenerated from maps, to teach the network that makes the maps."""

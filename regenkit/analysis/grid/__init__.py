"""The cells of a comparison: which there are, what they share, and their figures."""

"""What is measured of a run: held-out bits, samples and their scores by every route, and the boundary Y′."""

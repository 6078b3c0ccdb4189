"""What a run is worth: held-out bits and scores by every route, and measures of the boundary Y′."""

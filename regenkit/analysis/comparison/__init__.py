"""`regenkit compare`: a grid of recipes, trained once, measured in bits, and put into words."""

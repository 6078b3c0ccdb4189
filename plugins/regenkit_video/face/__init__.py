"""Faces: found, tracked, and explained by a linear model of expressions."""

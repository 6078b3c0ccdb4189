"""What runs are worth, for the command line alone: evaluation (one run) → comparison (several) → report (pages, words).

Imports go along the arrows; nothing outside of this folder and `cli` imports from it.
"""

"""Redactions of pictures."""

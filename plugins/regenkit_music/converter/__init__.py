"""Melody → Y′."""

from regenkit_music.converter.template import Template

__all__ = ["Template"]

"""Stages for speech: vocoders, text to spectra, recognition, codes."""

"""Findings: what the figures of an evaluation or a comparison show, in sentences, and in none that they do not bear."""

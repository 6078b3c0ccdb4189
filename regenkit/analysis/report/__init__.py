"""The regeneration report: as a table for the terminal, as a page, as a model card."""

from regenkit.analysis.report.card import write_card
from regenkit.analysis.report.gallery import write_gallery
from regenkit.analysis.report.page import write_html
from regenkit.analysis.report.provenance import provenance
from regenkit.analysis.report.table import as_table

__all__ = ["as_table", "provenance", "write_card", "write_gallery", "write_html"]

"""The regeneration report as a table for the terminal and as a page."""

from regenkit.report.page import write_html
from regenkit.report.table import as_table

__all__ = ["as_table", "write_html"]

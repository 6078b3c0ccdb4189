"""Tables of reports and comparisons, before they are HTML, text in a terminal, or Markdown."""

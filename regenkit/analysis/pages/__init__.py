"""What a person opens: HTML pages with plots, and the model card."""

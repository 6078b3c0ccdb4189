"""What a person looks at: HTML pages with plots, tables in the terminal, the model card."""

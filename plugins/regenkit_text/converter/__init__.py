"""Y → Y′ of text. Each is imported by its own file, since they need different packages."""

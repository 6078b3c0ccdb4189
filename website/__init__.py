"""How the documentation is built: the generated pages of the site. `make site`."""

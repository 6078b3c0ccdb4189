"""`python -m regenkit` is `regenkit`."""

from regenkit.cli.main import main

main()

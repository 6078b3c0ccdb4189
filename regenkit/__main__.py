"""`python -m regenkit` is `regenkit`."""

from regenkit.cli import main

main()

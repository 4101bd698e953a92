"""`python -m museion.cli` is `museion`."""

from museion.cli.main import main

main()

"""`python -m museion.server`."""

from museion.server.main import main

if __name__ == "__main__":
    main()

"""`python -m museion.server`."""

import gc


def start() -> None:
    """Serve. What is imported and hung stays for good: to look through it for garbage is a tenth of the start."""
    gc.disable()
    from museion.server.main import main

    main()


if __name__ == "__main__":
    start()

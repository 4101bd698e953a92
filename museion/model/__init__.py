"""The nouns: frozen dataclasses and pure functions. Nothing here reads a file, a clock or a network."""

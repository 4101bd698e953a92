"""Bring in what W&B's clients and servers hold.

An import is a client of the server it fills: it speaks W&B's own words to the W&B door, as a client that logs would,
so that there is one translation into our runs and artifacts and not two.
"""

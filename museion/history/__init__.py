"""Numbers (and whatever else was logged) over steps: the batch codec, the store, its pyramids and its wire."""

"""Artifacts as W&B clients know them, told in terms of ours."""

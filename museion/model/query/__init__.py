"""The filter language of the run table: text or W&B's MongoDB-style dicts → one tree → which runs pass.

Documented for people in docs/guides/queries.md.
"""

"""Rows: projects, runs, their files and console, artifacts, edges, people, uploads and changes.

SQLAlchemy Core on SQLite or PostgreSQL, by one code. A repository is one table family; it never opens a transaction,
it is handed the connection of one. Values in and out are those of `museion.model` and the small dataclasses here.
"""

"""Resolvers, a file for each noun of the schema. Each lists what it binds as `BINDABLES`."""

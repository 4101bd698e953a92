"""The reading API: projects, runs and artifacts of a server, from any script."""

from museion.sdk.api.api import Api

__all__ = ["Api"]

"""Museion: it belongs in a museum. Track runs, models and datasets on your own machine."""

from __future__ import annotations

__version__ = "0.1.0"

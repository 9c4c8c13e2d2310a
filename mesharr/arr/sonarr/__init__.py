"""The adapter of Sonarr: its requests, and what it sends by itself."""

from mesharr.arr.sonarr.adapter import KIND, Sonarr

__all__ = ["KIND", "Sonarr"]

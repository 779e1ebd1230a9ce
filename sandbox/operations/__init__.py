"""The operations of the API."""

from sandbox.operations import exports, get_all, series

__all__ = ["exports", "get_all", "series"]

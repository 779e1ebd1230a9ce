"""The operations of the API."""

from sandbox.operations import exports, get_all

__all__ = ["exports", "get_all"]

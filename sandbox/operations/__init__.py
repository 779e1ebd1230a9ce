"""The operations of the API, one function each."""

from sandbox.operations import (
    accounting,
    enterprises,
    exports,
    inventory,
    profiles,
    reservations,
)

__all__ = [
    "accounting",
    "enterprises",
    "exports",
    "inventory",
    "profiles",
    "reservations",
]

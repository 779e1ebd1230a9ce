"""The streams, in modules by what they are about."""

from tap_mews.streams import (
    accounting,
    configuration,
    inventory,
    outlets,
    payments,
    pricing,
    profiles,
    reservations,
    standards,
)
from tap_mews.streams.base import MewsStream

_MODULES = (
    accounting,
    configuration,
    inventory,
    outlets,
    payments,
    pricing,
    profiles,
    reservations,
    standards,
)

STREAMS: tuple[type[MewsStream], ...] = tuple(
    sorted(
        (
            found
            for module in _MODULES
            for found in vars(module).values()
            if isinstance(found, type)
            and issubclass(found, MewsStream)
            and "name" in vars(found)
        ),
        key=lambda stream: str(vars(stream)["name"]),
    )
)
"""All of them by name. A module exports a stream by defining it."""

"""The streams, in modules by what they are about."""

from tap_mews.streams import (
    accounting,
    configuration,
    inventory,
    profiles,
    reservations,
)
from tap_mews.streams.base import MewsStream

STREAMS: tuple[type[MewsStream], ...] = tuple(
    sorted(
        (
            found
            for module in (accounting, configuration, inventory, profiles, reservations)
            for found in vars(module).values()
            if isinstance(found, type)
            and issubclass(found, MewsStream)
            and "name" in vars(found)
        ),
        key=lambda stream: str(vars(stream)["name"]),
    )
)
"""All of them by name. A module exports a stream by defining it."""

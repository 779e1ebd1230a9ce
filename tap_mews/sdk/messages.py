"""Log messages of the SDK that are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

SAID_BETTER = (
    # the error itself names the stream and what to do, in one line
    "An unhandled error occurred while syncing",
    # most streams have begun long before their turn, and the summary lists what came
    "Beginning sync of",
    # one line for each stream that nobody wanted
    "Skipping deselected stream",
    # the environment is read, though not by the SDK
    "Skipping parse of env var settings",
)


def is_wanted(record: logging.LogRecord) -> bool:
    """Whether a line of the SDK tells what no line of the tap does."""
    return not str(record.msg).startswith(SAID_BETTER)

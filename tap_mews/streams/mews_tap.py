"""What the streams need of the tap that they belong to."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from tap_mews.sdk import GuardedTap

if TYPE_CHECKING:
    from tap_mews.records.writer import MessageWriter
    from tap_mews.run import Run
    from tap_mews.settings import Settings


class MewsTap(GuardedTap, abc.ABC):
    """What the streams need of their tap."""

    message_writer: MessageWriter
    settings: Settings

    @property
    @abc.abstractmethod
    def run(self) -> Run:
        """What the streams of a run share."""

    @abc.abstractmethod
    def flush_state(self) -> None:
        """Emit the state at once if it has changed."""

    @abc.abstractmethod
    def open_streams(self) -> None:
        """Begin to read all selected streams."""

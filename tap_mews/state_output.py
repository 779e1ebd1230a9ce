"""Emits the state: soon after it has changed, but not with every window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from singer_sdk.helpers._state import StateWriter
from singer_sdk.singerlib.messages import StateMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.helpers.types import TapState
    from singer_sdk.singerlib.encoding import GenericSingerWriter

    from tap_mews.clock import Clock

SECONDS = 1.0
"""Between two STATE messages: each has all bookmarks, and many windows take less."""


class StateOutput(StateWriter):
    """The SDK's writer of states, which waits a second after each.

    What it keeps back is behind the rows that are out: it can only be read again.
    """

    def __init__(
        self,
        message_writer: GenericSingerWriter[Any, Any],
        clock: Clock,
        form: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        """Write nothing yet.

        Args:
            message_writer: Takes the messages.
            clock: Of the run.
            form: Gives a state the form in which it is written.
        """
        super().__init__(message_writer)
        self._clock = clock
        self._form = form
        self._written: float | None = None
        self._waiting: TapState | None = None

    def write_state(self, state: TapState) -> None:
        """Emit a state that has changed, now or when the second is over."""
        self._waiting = state
        self.write_due()

    def write_due(self) -> None:
        """Emit what waits, if the second is over."""
        written = self._written
        if written is None or self._clock.monotonic() - written >= SECONDS:
            self.flush()

    def flush(self) -> None:
        """Emit what waits at once."""
        if self._waiting is not None:
            state, self._waiting = self._waiting, None
            form = self._form(cast("dict[str, Any]", state))
            super().write_state(cast("TapState", form))
            self._written = self._clock.monotonic()

    def repeat(self) -> None:
        """Emit the last state again, for a target that forgets it at a RECORD."""
        if self._last_emitted_state is not None:
            self._message_writer.write_message(
                StateMessage(value=self._last_emitted_state)
            )

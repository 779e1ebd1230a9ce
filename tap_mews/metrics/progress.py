"""Lines that show that long work lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

    from tap_mews.clock import Clock

TELL_SECONDS = 30.0


class Progress:
    """Counts the records of one stream and says now and then how far it is.

    Attributes:
        records: Delivered so far.
        share: How much of all that is due is done, 0 to 1.
        windows: How many are done, and how many there are as far as is known.
    """

    def __init__(self, stream: str, clock: Clock, logger: logging.Logger) -> None:
        """Start the count.

        Args:
            stream: Its name.
            clock: Time of the run.
            logger: Takes the lines.
        """
        self.records = 0
        self.share = 0.0
        self.windows = 0, 0
        self._stream = stream
        self._clock = clock
        self._logger = logger
        self._began = self._told = clock.monotonic()

    def add(self, records: int) -> None:
        """Count records, and say so if the last line was long ago."""
        self.records += records
        now = self._clock.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._logger.info(
                "%s: %s records so far, %.0f %% of the windows done, %s a second",
                self._stream,
                f"{self.records:,}",
                self.share * 100,
                f"{self.records / (now - self._began):,.0f}",
            )

    def begin(self, known: int) -> None:
        """Take up a window of so many that are known."""
        self.windows = self.windows[0], known

    def done(self, share: float, known: int) -> None:
        """Note that a window is delivered, and with it a share of what is due."""
        self.share = share
        self.windows = round(share * known), known
        self.add(0)

    def finish(self) -> None:
        """Say that all that was due has been delivered."""
        self._logger.info(
            "%s: complete, %s records in %.1f s",
            self._stream,
            f"{self.records:,}",
            self._clock.monotonic() - self._began,
        )

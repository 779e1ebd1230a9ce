"""Who stays with whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_mews.companions import (
    COMPANIONSHIPS,
    EXTENT,
    RESERVATIONS,
    UPDATED,
    CompanionshipFetch,
)
from tap_mews.intervals import Window
from tap_mews.page_reader import WindowedFetch
from tap_mews.preflight import NOBODY, probe_of_pages
from tap_mews.streams.pages import PageStream, enterprises_of, interval_of, updated_in

if TYPE_CHECKING:
    from typing import Any

    from tap_mews.page_reader import Fetch
    from tap_mews.preflight import Probe
    from tap_mews.reading import Reader, Span


class Companionships(PageStream):
    """Guests of reservations and of their groups (`companionships/getAll`)."""

    name = "companionships"
    replication_key = UPDATED

    def new_reader(self) -> Reader:
        """Windows of updates, then the stays that are near, whatever their update.

        A companion can be changed without Mews marking the reservation as updated.
        """
        reader = self.reader_of(self.new_fetch())
        days = self.run.settings.companionship_refresh_days
        if days and not self.is_dry_run:
            near = Window(self.end, self.end + timedelta(days=days))
            reader.read_last(self._fetch_by(_colliding_with), near, self.scopes())
        return reader

    def probes(self) -> list[Probe]:
        """Reservations by their update, and companionships of no group."""
        client = self.run.client
        nobody = {"Extent": EXTENT, "ReservationGroupIds": [NOBODY]}
        return [
            probe_of_pages(client, RESERVATIONS, updated_in(*self.probed())),
            probe_of_pages(client, COMPANIONSHIPS, nobody),
        ]

    def new_fetch(self) -> Fetch:
        """By the updates of reservations."""
        return self._fetch_by(updated_in)

    def _fetch_by(self, request: Any) -> Fetch:  # noqa: ANN401
        settings = self.run.settings
        return CompanionshipFetch(
            self.client_of,
            WindowedFetch(self.client_of, RESERVATIONS, request, settings.page_size),
            settings.page_size,
            settings.max_concurrency,
            self.run.waiting_room,
        )


def _colliding_with(span: Span, window: Window) -> dict[str, Any]:
    """The request for what is in house at some time of a window."""
    return interval_of("CollidingUtc", window) | enterprises_of(span)

"""Who stays with whom."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from tap_mews.pages.companionships import (
    COMPANIONSHIPS,
    EXTENT,
    RESERVATIONS,
    UPDATED,
    CompanionshipReader,
    Reservation,
)
from tap_mews.pages.paginator import read_objects
from tap_mews.pages.reader import WindowedFetch
from tap_mews.preflight import NOBODY, probe_of_pages
from tap_mews.reading.windows import Window
from tap_mews.streams.pages import PageStream, enterprises_of, interval_of, updated_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tap_mews.pages.reader import Fetch
    from tap_mews.preflight import Probe
    from tap_mews.reading.reader import Reader, Slice


class Companionships(PageStream):
    """Guests of reservations and of their groups (`companionships/getAll`)."""

    name = "companionships"
    replication_key = UPDATED

    def new_reader(self) -> Reader:
        """Windows of updates, then the stays that are near, whatever their update.

        A companion can be changed without Mews marking the reservation as updated.
        """
        settings = self.run.settings
        reader = CompanionshipReader(
            self.name,
            self._reservations_by(updated_in),
            settings.max_concurrency,
            self.run.waiting_room,
            client_of=self.client_of,
            page_size=settings.page_size,
        )
        days = settings.companionship_refresh_days
        if days and not self.is_dry_run:
            near = Window(self.end, self.end + timedelta(days=days))
            near_stays = self._reservations_by(_colliding_with)
            reader.read_last(near_stays, near, self.scopes())
        return reader

    def probes(self) -> list[Probe]:
        """Reservations by their update, and companionships of no group."""
        client = self.run.client
        nobody = {"Extent": EXTENT, "ReservationGroupIds": [NOBODY]}
        return [
            probe_of_pages(client, RESERVATIONS, updated_in(*self.probed())),
            probe_of_pages(client, COMPANIONSHIPS, nobody),
        ]

    def _reservations_by(
        self, request: Callable[[Slice, Window], dict[str, Any]]
    ) -> Fetch[list[Reservation]]:
        return WindowedFetch(
            self.client_of,
            RESERVATIONS,
            request,
            self.run.settings.page_size,
            partial(read_objects, row=Reservation),
        )


def _colliding_with(span: Slice, window: Window) -> dict[str, Any]:
    """The request for what is in house at some time of a window."""
    return interval_of("CollidingUtc", window) | enterprises_of(span)

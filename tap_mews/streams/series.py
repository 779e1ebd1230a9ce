"""Streams of what can be sold: a row for each time unit of a horizon."""

from __future__ import annotations

import abc
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from tap_mews.pages.series import SeriesFetch, warn_of_missing
from tap_mews.reading.selection import Selection
from tap_mews.streams.bases import FullTable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from datetime import datetime

    from tap_mews.pages.allocation import Shares
    from tap_mews.pages.sellers import Sold
    from tap_mews.pages.unfolding import Unfolding
    from tap_mews.reading.reader import Reader, WindowRead


class Series(FullTable):
    """A stream of which each run reads the whole horizon: no filter tells changes.

    The horizon moves on with time. A day that it has passed stays in the warehouse as
    it was last read, so no version is announced by which a target could drop it.

    Attributes:
        unfolding: Makes rows of an answer.
    """

    is_bounded = False
    selected_by_default = False
    unfolding: ClassVar[Unfolding]
    fails_by_enterprise = False

    @property
    def end(self) -> datetime:
        """The end of the horizon, wherever `end_date` is."""
        return self.run.began + timedelta(
            days=self.run.settings.availability_days_ahead
        )

    def start(self, ids: Iterable[str] | None) -> datetime:
        """The start of the horizon, wherever `start_date` is."""
        del ids
        return self.run.began - timedelta(days=self.run.settings.availability_days_back)

    @property
    @abc.abstractmethod
    def sold(self) -> Mapping[str, Sold]:
        """What requests name, one in each, with its time units."""

    @cached_property
    def selection(self) -> Selection:
        """What is sold, of all that the parents are."""
        ids = tuple(sorted(self.sold))
        if self.operation.selector.parents is not None:
            self.note_unlisted(self.operation.selector.parents)
        return Selection(ids, ids)

    def read_with(self, shares: Shares) -> set[str]:
        """What these tokens have to sell."""
        del self.sold
        return super().read_with(shares)

    @cached_property
    def _missing(self) -> dict[str, set[datetime]]:
        """When time units begin that answers lack, by service or rate."""
        return {}

    def _windows(self) -> Generator[WindowRead, None, None]:
        yield from super()._windows()
        warn_of_missing(self.name, self.operation, self._missing)

    def new_reader(self) -> Reader:
        """One service or rate after the other."""
        return self.page_reader(
            SeriesFetch(
                self.operation,
                self.unfolding,
                self.sold,
                self.allocation,
                self.client_of,
                self._missing,
                is_probe=self.is_dry_run,
            )
        )

"""Read operations of the API, as data.

What a stream asks for, how its permission shows and what documentation and messages say
of it follow from one declaration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_mews.identifiers import as_requested
from tap_mews.timestamps import ONE_DAY, at_midnight, format_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_mews.identifiers import Ids
    from tap_mews.reading.windows import Window

NIL_ID = "00000000-0000-0000-0000-000000000000"
"""An identifier that nothing has, for a request that is to find nothing."""


@dataclass(frozen=True)
class TimeFilter:
    """A filter by an interval of time.

    Attributes:
        parameter: Of the request.
        months: The longest interval, in calendar months.
        by_day: Whether it takes days, both included, in place of moments.
    """

    parameter: str = "UpdatedUtc"
    months: int = 3
    by_day: bool = False

    @property
    def gap(self) -> timedelta:
        """Distance between the end of a window and the start of the next one."""
        return ONE_DAY if self.by_day else timedelta(0)

    def interval(self, window: Window) -> dict[str, Any]:
        """The filter for a window; none for a window without a start."""
        if window.start is None:
            return {}
        if self.by_day:
            start, end = window.start.date(), window.end.date()
            bounds = {"Start": start.isoformat(), "End": end.isoformat()}
        else:
            start_utc, end_utc = format_moment(window.start), format_moment(window.end)
            bounds = {"StartUtc": start_utc, "EndUtc": end_utc}
        return {self.parameter: bounds}

    def complete_until(self, window: Window, asked: datetime) -> datetime:
        """Up to where an answer has all rows that there will be.

        A day continues west of UTC while the next one has begun here.

        Args:
            window: What was asked for.
            asked: When, by the server's clock.
        """
        if not self.by_day:
            return window.end
        return min(window.end, at_midnight(asked.date()) - ONE_DAY)


UPDATED = TimeFilter()


@dataclass(frozen=True)
class Selector:
    """A parameter that selects by identifiers.

    Attributes:
        parameter: Of the request.
        of: What the identifiers name: `property`, `chain`, or the rows of a parent.
        most: Identifiers in one request.
        is_required: Whether they must be named, even if all of them are wanted.
        parents: The operation that lists the rows that they name.
    """

    parameter: str
    of: str
    most: int = 1000
    is_required: bool = False
    parents: Operation | None = None

    @property
    def is_of_chain(self) -> bool:
        """Whether it selects rows of chains, also by parents that belong to chains."""
        if self.parents is not None:
            return self.parents.selector.is_of_chain
        return self.of == "chain"


BY_ENTERPRISE = Selector("EnterpriseIds", "property")
ONE_ENTERPRISE = Selector("EnterpriseIds", "property", most=1, is_required=True)
BY_CHAIN = Selector("ChainIds", "chain", is_required=True)
"""`customers/getAll` requires them with a portfolio token."""
EVERY_STATE = MappingProxyType({"ActivityStates": ["Active", "Deleted"]})
"""Brings rows that have been deleted, where Mews hides them by default or may."""

NO_SELECTOR = Selector("", "token")
"""For what is not asked for by identifiers: all that the token reaches."""
GLOBAL = Selector("", "everybody")
"""For what is the same for everybody."""


@dataclass(frozen=True)
class Operation:
    """An operation that answers with rows, page by page.

    Attributes:
        path: Its name, such as `enterprises/getAll`.
        rows: Property of the answer that holds the rows.
        selector: Selects by identifiers.
        time_filter: Selects by time; None where nothing does.
        all_rows: What must be sent so that no row is hidden.
        most_rows: Of a page, where documented; only then does a page with fewer rows
            than were asked for end a list.
        is_paged: Whether it takes a `Limitation`; otherwise one answer has all rows.
        needs_filter: Whether a request without a filter is refused; identifiers of
            enterprises or chains are none.
        counted: Property of the answer that holds the list that pages are counted in,
            where that is another one than `rows`.
        is_restricted: Whether Mews must enable it for an integration.
        is_documented: Whether a page of the documentation promises it. One that is
            not may be missing (404).
    """

    path: str
    rows: str
    selector: Selector = BY_ENTERPRISE
    time_filter: TimeFilter | None = UPDATED
    all_rows: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    most_rows: int | None = 1000
    is_paged: bool = True
    needs_filter: bool = False
    counted: str | None = None
    is_restricted: bool = False
    is_documented: bool = True

    def body(self, window: Window | None, ids: Ids) -> dict[str, Any]:
        """A request, without tokens and `Limitation`.

        Args:
            window: When; None for whatever time.
            ids: Whose rows; None for all that the token reaches.
        """
        ids = as_requested(ids)
        body = dict(self.all_rows)
        if window is not None and self.time_filter is not None:
            body |= self.time_filter.interval(window)
        if ids is not None and self.selector.parameter:
            body[self.selector.parameter] = list(ids)
        return body


def under(parents: Operation, parameter: str, **rules: Any) -> Selector:  # noqa: ANN401
    """A selector for the rows of a parent, of which each request must name some.

    Args:
        parents: Lists the parents.
        parameter: Of the request.
        rules: Attributes of the selector.
    """
    return Selector(parameter, parents.rows, is_required=True, parents=parents, **rules)

"""The two operations of data exports, and what they take and give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from requests import codes

from tap_mews.errors import ExportRunningError, RefusedError, UnexpectedAnswerError
from tap_mews.identifiers import plain_id
from tap_mews.timestamps import format_moment, parse_moment

if TYPE_CHECKING:
    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import TimeFilter
    from tap_mews.metrics.usage import UsageRecord
    from tap_mews.reading.windows import Window

MAX_IDS_PER_CALL = 1000
"""`exports/getAll`: the most `ExportIds`."""

MAX_FILES = 10_000
"""Files that an export may have; more would be a list that has no end."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
"""An identifier or a member of an enumeration: it goes into messages and the state."""

_RUNNING = re.compile(
    r"already|in progress|pending|processing|running|unfinished|another|only one|"
    r"concurrent|in parallel|previous",
    re.IGNORECASE,
)
_WRONG = re.compile(r"invalid|interval|not exist|not found|unknown", re.IGNORECASE)
"""`exports/add` refuses a second export of a type with 400. The documentation does not
give the words, so any of the first, without one of the second, is taken for it.
"""

_UNKNOWN = re.compile(r"invalid exportids", re.IGNORECASE)
"""The documented words for identifiers that Mews does not know."""

_HOST = re.compile(r"^\w+://[^/]*")


class ExportStatus(str, Enum):
    """How far an export is."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    SUCCESS = "Success"
    FAILED = "Failed"
    EXPIRED = "Expired"

    @property
    def is_running(self) -> bool:
        """Whether waiting can bring another status."""
        return self in {ExportStatus.PENDING, ExportStatus.PROCESSING}


class ExportFile(msgspec.Struct, frozen=True):
    """One file of an export, in JSON Lines.

    Attributes:
        url: Signed; it works for ten minutes and must not be shown.
        size: Bytes; None where Mews does not tell.
    """

    url: str = msgspec.field(name="Url")
    size: Annotated[int, msgspec.Meta(ge=0)] | None = msgspec.field(
        name="SizeInBytes", default=None
    )

    def __repr__(self) -> str:
        """The file as a log record may show it: without its signature."""
        return f"ExportFile({self.name!r}, {self.size})"

    @property
    def name(self) -> str:
        """Path of the URL, without the signature: it stays the same with each URL."""
        return _HOST.sub("", self.url.partition("?")[0])


class Export(msgspec.Struct, frozen=True):
    """An export as Mews shows it."""

    id: Name = msgspec.field(name="Id")
    status_text: Name = msgspec.field(name="Status")
    entity_type: Name = msgspec.field(name="EntityType")
    scope: dict[str, list[str] | None] | None = msgspec.field(
        name="Scope",
        default=None,
    )
    filters: dict[str, Any] | None = msgspec.field(name="Filters", default=None)
    files: Annotated[list[ExportFile], msgspec.Meta(max_length=MAX_FILES)] | None = (
        msgspec.field(name="Files", default=None)
    )

    @property
    def lacks_files(self) -> bool:
        """Whether it is ready without a list of files; an empty one means no rows."""
        return self.status is ExportStatus.SUCCESS and self.files is None

    @property
    def status(self) -> ExportStatus:
        """How far it is.

        Raises:
            UnexpectedAnswerError: A status that nobody has looked at yet.
        """
        try:
            return ExportStatus(self.status_text)
        except ValueError:
            msg = (
                f"exports/getAll: export {self.id} has the status "
                f"{self.status_text!r}, which this version of the tap does not know; "
                "update the tap"
            )
            raise UnexpectedAnswerError(msg) from None


class _Added(msgspec.Struct):
    export: Export = msgspec.field(name="Export")


class _Found(msgspec.Struct):
    exports: list[Export] = msgspec.field(name="Exports")


def filters_of(by: TimeFilter, window: Window) -> dict[str, Any] | None:
    """`Filters` of `exports/add`; None for a window without a start.

    Args:
        by: How the entity is cut by time; LedgerEntry, by days, has filters of its own.
        window: When.
    """
    interval = by.interval(window)
    return {"LedgerEntryFilters": interval} if by.by_day else interval or None


def are_shown(
    by: TimeFilter, window: Window, filters: Mapping[str, Any] | None
) -> bool:
    """Whether these are the filters of a window, as Mews shows them."""
    return _flat(filters_of(by, window)) == _flat(filters)


class ExportsApi:
    """`exports/add` and `exports/getAll`."""

    def __init__(self, client: MewsClient) -> None:
        self._client = client
        self._added = msgspec.json.Decoder(_Added)
        self._found = msgspec.json.Decoder(_Found)

    def adding_to(self, record: UsageRecord) -> ExportsApi:
        """The same operations, whose usage goes to another record."""
        return ExportsApi(self._client.adding_to(record))

    def add(
        self,
        entity_type: str,
        scope: Mapping[str, Iterable[str]] | None,
        filters: Mapping[str, Any] | None,
    ) -> Export:
        """Ask for an export (`exports/add`).

        Raises:
            ExportRunningError: One of this type is Pending or Processing.
            UnexpectedAnswerError: No export, or one with an unknown status.
            MewsError: As `MewsClient.call`.
        """
        body: dict[str, Any] = {"EntityType": entity_type}
        if scope is not None:
            body["Scope"] = scope
        if filters is not None:
            body["Filters"] = filters
        try:
            answer = self._client.call("exports/add", body, self._added)
        except RefusedError as error:
            if not _speaks_of_a_running_export(error):
                raise
            raise ExportRunningError(
                str(error),
                status=error.status,
                reason=error.reason,
            ) from None
        if answer is None:
            msg = "exports/add: the response has no export; run again"
            raise UnexpectedAnswerError(msg)
        _ = answer.value.export.status  # raises where it is not documented
        return answer.value.export

    def get(self, ids: Iterable[str]) -> dict[str, Export]:
        """Look at exports (`exports/getAll`); each call makes new URLs.

        Returns:
            The exports by id, as asked for; one that Mews no longer knows is missing.

        Raises:
            MewsError: As `MewsClient.call`.
        """
        wanted = list(ids)
        exports: dict[str, Export] = {}
        for first in range(0, len(wanted), MAX_IDS_PER_CALL):
            exports |= self._known_of(wanted[first : first + MAX_IDS_PER_CALL])
        return exports

    def _known_of(self, ids: Sequence[str]) -> dict[str, Export]:
        """Ask in halves where an export that is unknown has the others refused."""
        try:
            body = {"ExportIds": ids}
            answer = self._client.call("exports/getAll", body, self._found)
        except RefusedError as error:
            if not _UNKNOWN.search(error.reason):
                raise
            if len(ids) == 1:
                return {}
            middle = len(ids) // 2
            return self._known_of(ids[:middle]) | self._known_of(ids[middle:])
        found = [] if answer is None else answer.value.exports
        asked = {plain_id(key): key for key in ids}
        return {asked.get(plain_id(each.id), each.id): each for each in found}


def _speaks_of_a_running_export(error: RefusedError) -> bool:
    return (
        error.status in {codes.bad_request, codes.conflict}
        and _RUNNING.search(error.reason) is not None
        and _WRONG.search(error.reason) is None
    )


def _flat(filters: Mapping[str, Any] | None) -> dict[str, str]:
    """Bounds by name, without what is null, moments in one form."""
    bounds: dict[str, str] = {}
    for name, value in (filters or {}).items():
        if isinstance(value, Mapping):
            bounds |= _flat(value)
        elif isinstance(value, str):
            try:
                bounds[name] = format_moment(parse_moment(value))
            except ValueError:
                bounds[name] = value
    return bounds

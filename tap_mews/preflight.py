"""Asks, before anything is read, whether Mews lets these tokens read all of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_mews.errors import (
    InvalidSettingsError,
    RefusedError,
    TooHeavyError,
    UnauthorizedError,
)
from tap_mews.pages.decoder import page_decoder
from tap_mews.reading.background import in_background
from tap_mews.reading.choosing import ExtractionMethod, forbids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_mews.api.client import MewsClient
    from tap_mews.api.transport import Transport
    from tap_mews.pages.paginator import PagedOperation
    from tap_mews.streams.base import MewsStream

NOBODY = "00000000-0000-0000-0000-000000000000"
"""An identifier that nothing has, for a request that is to find nothing."""

EXPORTS_PROBE = "exports/getAll"
"""An `exports/add` that is taken would begin an export."""

logger = logging.getLogger("tap-mews.preflight")


@dataclass(frozen=True)
class Probe:
    """The cheapest valid request that shows whether an operation is allowed.

    Attributes:
        way: The way to read a stream that needs the operation.
        operation: Its name.
        ask: Sends the request.
    """

    way: ExtractionMethod
    operation: str
    ask: Callable[[], object] = field(compare=False)


def probe_of_pages(
    client: MewsClient,
    operation: PagedOperation,
    body: Mapping[str, Any],
) -> Probe:
    """The probe of an operation that answers in pages: a page of one row.

    Args:
        client: Makes the call.
        operation: What to call.
        body: Properties of the request besides tokens and `Limitation`.
    """

    def ask() -> None:
        request = {**body, "Limitation": {"Count": 1, "Cursor": None}}
        client.call(
            operation.name,
            request,
            page_decoder(operation.rows, bytes),
            can_shrink=True,
        )

    return Probe(ExtractionMethod.PAGES, operation.name, ask)


def check_access(
    streams: Sequence[MewsStream],
    connection: Transport,
    *,
    skip_unauthorized: bool,
) -> list[MewsStream]:
    """See that streams may be read; the ways that are not allowed go from their `ways`.

    Args:
        streams: The selected ones.
        connection: Knows whether the tokens are right.
        skip_unauthorized: Whether to leave out what Mews does not allow, instead of
            failing.

    Returns:
        Those that are to be read.

    Raises:
        UnauthorizedError: Some streams may not be read; it names all of them.
        InvalidSettingsError: The only stream cannot be read the way that is set.
        MewsError: An operation cannot be tried.
    """
    streams = _with_a_way(streams)
    for stream in streams:
        # the list of properties tells the time, and whether the tokens are right
        _ = stream.end
    return _allowed(streams, _forbidden(streams), connection, skip=skip_unauthorized)


def open_streams(
    streams: Sequence[MewsStream],
    connection: Transport,
    *,
    skip_unauthorized: bool,
) -> None:
    """Begin to read streams, so that Mews works on all of them at once.

    Only the first `exports/add` shows whether exports of an entity type are enabled.

    Args:
        streams: Those that are to be read.
        connection: Knows whether the tokens are right.
        skip_unauthorized: As for `check_access`.

    Raises:
        UnauthorizedError: Some streams may not be read; it names all of them.
        MewsError: As the streams.
    """
    refused: dict[str, str] = {}
    detours: dict[str, str] = {}
    for stream in streams:
        try:
            stream.open()
        except (UnauthorizedError, RefusedError) as error:
            if not forbids(error):
                raise
            refusal = str(error).removeprefix(f"{stream.name}: ")
            stream.ways = tuple(
                way for way in stream.ways if way is ExtractionMethod.PAGES
            )
            if stream.ways:
                detours[stream.name] = refusal
                stream.open()
            else:
                refused[stream.name] = refusal
    _tell_detours(detours)
    _allowed(streams, refused, connection, skip=skip_unauthorized)


def advice_on(connection: Transport, refusal: str) -> str:
    """What to do about operations that are refused with 401.

    Args:
        connection: Knows whether the tokens are right.
        refusal: Words that name the operations.
    """
    if not connection.has_access:
        return (
            "check client_token, access_token and api_url; if they are right, ask Mews "
            "to enable this operation for your integration"
        )
    beta = " (data exports are a restricted beta)" if "exports/" in refusal else ""
    return (
        "the tokens are right, since other operations take them; ask Mews to enable "
        f"this one for your integration{beta}, deselect the stream, or set "
        "skip_unauthorized_streams"
    )


def _with_a_way(streams: Sequence[MewsStream]) -> list[MewsStream]:
    """Leave out what cannot be read the way that is set.

    Raises:
        InvalidSettingsError: There is nothing else to be read.
    """
    for stream in streams:
        if stream.ways:
            continue
        text = (
            f"{stream.name} exists through data exports only; set extraction to `auto` "
            "or `exports` to read it"
        )
        if len(streams) == 1:
            raise InvalidSettingsError(text)
        logger.warning("%s; skipping it", text)
        stream.leave_out()
    return [stream for stream in streams if stream.ways]


def _allowed(
    streams: Sequence[MewsStream],
    refused: Mapping[str, str],
    connection: Transport,
    *,
    skip: bool,
) -> list[MewsStream]:
    """Leave out what is refused, where it is not a reason to fail.

    Raises:
        UnauthorizedError: It is.
    """
    if not refused:
        return list(streams)
    told = "; ".join(f"{name}: {refusal}" for name, refusal in refused.items())
    if not connection.has_access:
        # where the tokens are wrong, each operation says the same
        told = next(iter(refused.values())).partition("; ")[0]
    if not (skip and connection.has_access and len(refused) < len(streams)):
        msg = f"{told}; {advice_on(connection, told)}"
        raise UnauthorizedError(msg)
    logger.warning("%s; skipping what may not be read", told)
    for stream in streams:
        if stream.name in refused:
            stream.leave_out()
    return [stream for stream in streams if stream.name not in refused]


def _forbidden(streams: Sequence[MewsStream]) -> dict[str, str]:
    """Take from streams the ways that Mews does not let these tokens take.

    Args:
        streams: Those that are to be read; their `ways` are changed.

    Returns:
        What is missing, by the names of the streams that no way is left for.

    Raises:
        MewsError: An operation cannot be tried, or refuses the request as such.
    """
    probes = {stream.name: stream.probes() for stream in streams}
    refusals = _refusals(probes)
    table, missing = [("stream", "way", "access")], {}
    for stream in streams:
        lacking: dict[ExtractionMethod, str] = {}
        for probe in probes[stream.name]:
            refusal = refusals[probe.operation]
            if refusal is not None:
                lacking.setdefault(probe.way, refusal)
        table.extend(
            (stream.name, way.value, lacking.get(way, "allowed")) for way in stream.ways
        )
        stream.ways = tuple(way for way in stream.ways if way not in lacking)
        if not stream.ways:
            missing[stream.name] = "; ".join(lacking.values())
    for line in _aligned(table):
        logger.info("%s", line)
    refusal = refusals.get(EXPORTS_PROBE)
    if refusal is not None:
        _tell_detours(
            {
                stream.name: refusal
                for stream in streams
                if stream.ways and ExtractionMethod.EXPORTS in stream.planned_ways()
            }
        )
    return missing


def _tell_detours(refusals: Mapping[str, str]) -> None:
    """Warn once of what is read page by page, since exports are refused."""
    if refusals:
        told = "%s; reading page by page instead: %s"
        logger.warning(told, next(iter(refusals.values())), ", ".join(refusals))


def _refusals(probes: Mapping[str, Sequence[Probe]]) -> dict[str, str | None]:
    """Try each operation once, all at the same time.

    Returns:
        By operation, how it was refused, or None where it is allowed.
    """
    once = {
        probe.operation: (name, probe)
        for name, several in probes.items()
        for probe in several
    }
    asked = {
        operation: (name, in_background(probe.ask, "tap-mews-preflight"))
        for operation, (name, probe) in once.items()
    }
    refusals: dict[str, str | None] = {}
    for operation, (name, answer) in asked.items():
        try:
            answer.result()
        except TooHeavyError:  # it began to carry it out
            refusals[operation] = None
        except (UnauthorizedError, RefusedError) as error:
            if not forbids(error):
                error.args = (f"{name}: {error}",)
                raise
            refusals[operation] = str(error)
        else:
            refusals[operation] = None
    return refusals


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()

"""The state of an earlier run, from whatever it comes in.

Orchestrators wrap a state, keep parts of it, and merge them key by key; people edit it.
What is left of it is understood or refused: taken for no state, it would cost a full
sync, or rows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_mews.errors import InvalidStateError
from tap_mews.identifiers import plain_id
from tap_mews.reading.state_form import FORMAT, expanded
from tap_mews.reading.state_schema import BOOKMARK, OTHER, STATE, problem_of
from tap_mews.timestamps import parse_moment
from tap_mews.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Json: TypeAlias = dict[str, Any]

logger = logging.getLogger("tap-mews.state")

COMPLETED = ("completed", "completed_state")
PARTIAL = ("partial", "partial_state")
"""Where Meltano's stores of states keep them; the partial one is newer."""

WRAPPERS = ("singer_state", "value", "state")
"""Names around a state: Meltano's, that of a whole STATE message, and a common one."""

PASSED_OVER = {"currently_syncing"}
"""Keys beside the bookmarks that the Singer specification has and no tap needs."""

OF_THE_SDK = {
    "progress_markers",
    "replication_key_signpost",
    "starting_replication_value",
}
"""What SDK taps note while they read; none of it is a bookmark."""

KNOWN_OF_ALL = {*STATE["properties"], *PASSED_OVER}
"""What a state of this tap can have, beside what is around it."""

KNOWN_KEYS = {*BOOKMARK["properties"], "replication_key", *OF_THE_SDK}
"""What the state of a stream of this tap can have."""


@dataclass(frozen=True)
class KnownStream:
    """What the state of a stream can be.

    Attributes:
        keys: Those that this tap writes, or has written.
        replication_key: What its bookmark is about; None if rows have no date.
        partition_key: What a partition is named by; None for a stream without any.
    """

    keys: Collection[str]
    replication_key: str | None
    partition_key: str | None


def read_state(document: object, streams: Mapping[str, KnownStream]) -> Json:
    """Find the bookmarks in a state.

    Args:
        document: What was passed; it is not changed.
        streams: Those of the tap, by name.

    Returns:
        The state, with nothing around it and each partition once.

    Raises:
        InvalidStateError: It cannot be understood, or is not of this tap.
    """
    state = _unwrapped(document)
    if problem := problem_of(state, STATE):
        raise _refusal(problem)
    if (state.get("format") or FORMAT) > FORMAT:
        form = state["format"]
        msg = f"The state has format {form} of a newer release; update the tap"
        raise InvalidStateError(msg)
    bookmarks = state.get("bookmarks", {})
    if bookmarks and not bookmarks.keys() & streams.keys():
        names = printable(", ".join(sorted(bookmarks)))
        msg = f"it has none of this tap's streams: {names}"
        raise _refusal(msg)
    for name, bookmark in bookmarks.items():
        if problem := problem_of(bookmark, BOOKMARK if name in streams else OTHER):
            raise _refusal(problem, name)
    _warn_of_unknown_keys(state, KNOWN_OF_ALL)
    state = expanded(state)
    return {
        **state,
        "bookmarks": {
            name: _checked(name, bookmark, streams.get(name))
            for name, bookmark in state["bookmarks"].items()
        },
    }


def _unwrapped(document: object) -> Json:
    """A state without what is around it."""
    if document is None:
        logger.warning("The state is null; reading everything from the beginning")
        return {}
    if not isinstance(document, dict):
        msg = "it must be an object with `bookmarks`"
        raise _refusal(msg)
    if "bookmarks" in document or not document.keys() - PASSED_OVER:
        return document
    if "streams" in document:
        msg = "it is a catalog; are --catalog and --state swapped?"
        raise _refusal(msg)
    wrappers = [name for name in (*COMPLETED, *PARTIAL) if name in document]
    wrappers = wrappers or [name for name in WRAPPERS if name in document][:1]
    if not wrappers:
        msg = "it must be an object with `bookmarks`"
        raise _refusal(msg)
    logger.info("Reading the state from %s", " and ".join(wrappers))
    found: Json = {}
    for name in wrappers:
        part = document[name]
        # of the two in a store, one is often null
        is_none = part is None and name not in WRAPPERS
        found = _merged(found, {} if is_none else _unwrapped(part))
    return found


def _merged(older: Json, newer: Json) -> Json:
    """Two states, merged key by key as Meltano does it."""
    merged = dict(older)
    for key, value in newer.items():
        known = merged.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            value = _merged(known, value)  # noqa: PLW2901
        merged[key] = value
    return merged


def _checked(name: str, bookmark: Json, known: KnownStream | None) -> Json:
    """The state of a stream, in a form that the SDK does not stumble over."""
    if "partitions" in bookmark:
        bookmark = {**bookmark, "partitions": bookmark["partitions"] or []}
    return bookmark if known is None else _understood(name, bookmark, known)


def _understood(name: str, bookmark: Json, known: KnownStream) -> Json:
    """The state of a stream of this tap, without what cannot be of it."""
    if bookmark and not bookmark.keys() & {*known.keys, *OF_THE_SDK}:
        names = printable(", ".join(sorted(bookmark)))
        msg = f"it was not written by this tap: {names}"
        raise _refusal(msg, name)
    _warn_of_unknown_keys(bookmark, KNOWN_KEYS, name)
    partitions = bookmark.get("partitions", [])
    for each in (bookmark, *partitions):
        if each.get("replication_key") not in {None, known.replication_key}:
            msg = f"`replication_key` must be {known.replication_key}"
            raise _refusal(msg, name)
    if not bookmark.get("replication_key_value"):
        has_more = any(map(bookmark.get, OF_THE_SDK))
        more = "progress of another tap but " if has_more else ""
        if more or bookmark.get("covers"):
            message = (
                "%s: the state has %sno bookmark; reading the stream from its beginning"
            )
            logger.warning(message, name, more)
    if partitions:
        bookmark["partitions"] = _distinct(name, partitions, known)
    return bookmark


def _warn_of_unknown_keys(
    part: Json, known: Collection[str], stream: str | None = None
) -> None:
    """Say what has no effect; a bookmark under a misspelt name counts for nothing."""
    subject = f"{stream}: " if stream else ""
    for key in sorted(part.keys() - known):
        meant = did_you_mean(key, known)
        logger.warning(
            "%s%s in the state has no effect%s", subject, printable(key), meant
        )


def _distinct(name: str, partitions: list[Json], known: KnownStream) -> list[Json]:
    """Each partition once, with the earlier one of its bookmarks."""
    found: dict[str, Json] = {}
    for partition in partitions:
        context = partition["context"]
        if [*context] != [known.partition_key]:
            names = printable(", ".join(sorted(context)))
            msg = f"this tap has no partitions by {names}"
            raise _refusal(msg, name)
        value = context[known.partition_key]
        if not isinstance(value, str):
            msg = f"a partition has no {known.partition_key}"
            raise _refusal(msg, name)
        key = plain_id(value)
        named = {**partition, "context": {known.partition_key: key}}
        other = found.setdefault(key, named)
        if other is not named:
            logger.warning(
                "%s: the state has two bookmarks for %s; using the earlier one",
                name,
                key,
            )
            # none at all is the earliest of all bookmarks
            both = (other, named)
            found[key] = min(both, key=_reached)
    return list(found.values())


def _reached(partition: Json) -> float:
    value = partition.get("replication_key_value")
    return float("-inf") if value is None else parse_moment(value).timestamp()


def _refusal(why: str, stream: str | None = None) -> InvalidStateError:
    subject = f"{stream}: the state" if stream else "The state"
    advice = (
        "repair it, or remove the stream from it to read the stream from its beginning"
        if stream
        else "repair it, or run without it to read everything from the beginning"
    )
    return InvalidStateError(f"{subject} cannot be read ({why}); {advice}")

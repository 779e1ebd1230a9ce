"""Begins to read all streams, and sees by the first answers that all may be read."""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import wait
from typing import TYPE_CHECKING

from tap_mews.errors import (
    InvalidSettingsError,
    MewsError,
    RefusedError,
    TapMewsError,
    UnauthorizedError,
)
from tap_mews.pages.batches import Batch
from tap_mews.pages.enterprises import ENTERPRISES
from tap_mews.pages.reader import FIRST_SECONDS
from tap_mews.reading.background import in_background
from tap_mews.reading.choosing import AutoReader, ExtractionMethod
from tap_mews.wording import abbreviated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_mews.run import Run
    from tap_mews.streams.base import MewsStream

logger = logging.getLogger("tap-mews.preflight")


def open_streams(streams: Sequence[MewsStream], run: Run) -> None:
    """Begin to read streams, so that Mews works on all of them at once.

    The first answer to each shows whether it may be read; nothing is asked for that
    alone.

    Raises:
        UnauthorizedError: Some streams may not be read; it names all of them.
        MewsError: As the streams.
    """
    _list_properties(run, is_test=any(each.is_dry_run for each in streams))
    _warn_of_unlisted(streams, run)
    opening = [(each, in_background(each.open, "tap-mews-open")) for each in streams]
    refused: dict[str, str] = {}
    failed: list[TapMewsError] = []
    wait([future for _, future in opening], FIRST_SECONDS)
    for stream, future in opening:
        if not future.done():
            stream.opening = future
            continue
        try:
            future.result()
        except (UnauthorizedError, RefusedError) as error:
            if error.is_forbidden:
                refused[stream.name] = error.text
            else:
                failed.append(error)
        except MewsError:
            # trouble of its own, which must not keep the others from being delivered
            stream.opening = future
        except TapMewsError as error:
            failed.append(error)
    run.exports.save()
    if failed:
        raise failed[0]
    _leave_out_missing(streams, refused)
    _warn_of_fallbacks([each for each in streams if each.name not in refused])
    _skip_or_fail(streams, refused, run)


def _list_properties(run: Run, *, is_test: bool) -> None:
    """List what the tokens reach; that tells the time, and whose rows to ask for.

    Raises:
        MewsError: No token can be used; for a test, one of them cannot.
    """
    try:
        _ = run.end
    except (UnauthorizedError, RefusedError) as error:
        hint = run.transport.hint_for_401(error.text)
        text = f"{error.text}; {hint}"
        raise error.reworded(text) from None
    for access, reason in run.portfolio.unusable_tokens.items():
        if is_test:
            raise reason
        run.record_failure(None, Batch(access), reason)


def _warn_of_unlisted(streams: Sequence[MewsStream], run: Run) -> None:
    """Warn of tokens that cannot list what only they may have read so far."""
    refusals = run.portfolio.list_refusals
    if not refusals:
        return
    known = {
        key
        for stream in streams
        if stream.moves_bookmark and stream.windowed.selector.of == "property"
        for key in stream.bookmarks.known or ()
    }
    gone = known.difference(each.id for each in run.allocation.listed or ())
    if gone:
        logger.warning(
            "%s: %s; reading a single property with such a token. Properties that a "
            "previous run read and no token lists now: %s; if such a token reaches "
            "them, ask Mews to enable %s for it",
            abbreviated(sorted(each.name for each in refusals)),
            next(iter(refusals.values())).text,
            abbreviated(sorted(gone)),
            ENTERPRISES.path,
        )


def _leave_out_missing(streams: Sequence[MewsStream], refused: dict[str, str]) -> None:
    """Leave out what the set method does not exist for.

    Raises:
        InvalidSettingsError: There is nothing else to be read.
    """
    for stream in streams:
        reader = getattr(stream, "reader", None)
        if (
            stream.name in refused
            and not stream.operation.is_documented
            and isinstance(reader, AutoReader)
            and ExtractionMethod.EXPORTS not in reader.refusals
        ):
            text = (
                f"{refused.pop(stream.name)}; {stream.name} can be read through data "
                "exports only: set extraction to `auto` or `exports`"
            )
            if len(streams) == 1:
                raise InvalidSettingsError(text)
            logger.warning("%s; skipping it", text)
            stream.leave_out()


def _warn_of_fallbacks(streams: Sequence[MewsStream]) -> None:
    """Warn once of what is read page by page, since exports are refused."""
    refusals = {
        stream.name: refusal
        for stream in streams
        if isinstance(reader := getattr(stream, "reader", None), AutoReader)
        and (refusal := reader.refusals.get(ExtractionMethod.EXPORTS))
    }
    if refusals:
        message = "%s; reading page by page instead: %s"
        logger.warning(message, next(iter(refusals.values())), ", ".join(refusals))


def _skip_or_fail(
    streams: Sequence[MewsStream], refused: dict[str, str], run: Run
) -> None:
    """Leave out what is refused, where it is not a reason to fail.

    Raises:
        UnauthorizedError: It is.
    """
    if not refused:
        return
    refusals = _describe(refused)
    if not run.transport.has_access:
        # they all refuse the same tokens, so one of them is enough to read
        refusals = "{}: {}".format(*next(iter(refused.items()))).partition("; ")[0]
    skips = all(each.may_be_refused for each in streams if each.name in refused)
    if not (skips and run.transport.has_access and len(refused) < len(streams)):
        msg = f"{refusals}; {run.transport.hint_for_401(refusals)}"
        raise UnauthorizedError(msg)
    logger.warning("%s; skipping unauthorized streams", refusals)
    for stream in streams:
        if stream.name in refused:
            stream.leave_out()


def _describe(refused: dict[str, str]) -> str:
    """Words for refusals, each once with the streams that it keeps from being read.

    Args:
        refused: By stream; those that need the same list have the same refusal.
    """
    streams = defaultdict[str, list[str]](list)
    for name, refusal in refused.items():
        streams[refusal].append(name)
    return "; ".join(f"{abbreviated(names)}: {each}" for each, names in streams.items())

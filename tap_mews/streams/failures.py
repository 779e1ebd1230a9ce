"""What cannot be read of a stream, while the rest of it can."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tap_mews.errors import MewsError, RefusedError, UnauthorizedError
from tap_mews.pages.batches import Batch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from tap_mews.api.operations import Operation
    from tap_mews.pages.reach import Shares
    from tap_mews.reading.bookmarks import Selection
    from tap_mews.reading.reader import Slice, WindowRead
    from tap_mews.streams.pending import PendingStream


PARTS = 8
"""How many parts what is refused is cut into: where all of them are refused as well,
so is the rest."""


class Failures:
    """The batches that Mews refuses or that fail in this run.

    What one token may not read is read with another that has it, after the rest of the
    stream; what is refused together is asked for in parts. What nobody can read keeps
    its bookmark, and the run reports it.
    """

    def __init__(self, stream: PendingStream) -> None:
        """Start without any."""
        self._stream = stream
        self._lost: list[Batch] = []
        self._refused: list[tuple[Batch, MewsError, Shares]] = []
        self._tried: list[Batch] = []
        self._is_second = False
        self._part_size = 0
        self._selection: Selection | None = None

    def __bool__(self) -> bool:
        """Whether something was not read."""
        return bool(self._lost)

    def set_aside(
        self, batch: Batch, error: MewsError, shares: Shares | None = None
    ) -> None:
        """Continue without a batch.

        Args:
            batch: What cannot be read.
            error: Why.
            shares: What else can read it; if None, the other tokens that have it, or
                the same one in parts.

        Raises:
            MewsError: Nothing else is left to read, or the settings say to stop.
        """
        stream = self._stream
        has_parts = shares is None
        if not error.is_forbidden or stream.is_dry_run:
            shares, has_parts = {}, False
        elif shares is None:
            shares = self._others(batch)
        if not shares:
            self._lost.append(batch)
            if stream.is_dry_run or not (self._is_second or self._has_rest(batch)):
                raise error
            if has_parts and (shares := self._apart(batch)):
                self._lost.pop()
            else:
                stream.run.go_on_without(stream.name, batch, error)
        if batch.covers and stream.moves_bookmark:
            stream.stay_behind(batch.covers)
        if shares:
            self._tried.append(batch)
            self._refused.append((batch, error, shares))

    def note_unlisted(self, parents: Operation) -> None:
        """Note the tokens that cannot list parents, so that theirs are missing."""
        stream = self._stream
        for access, error in stream.reach.unlisted(parents).items():
            self._lost.append(Batch(access))
            stream.run.go_on_without(stream.name, self._lost[-1], error)

    def open_otherwise(self, error: MewsError, slices: Sequence[Slice]) -> None:
        """Begin to read in another way what is refused to all that should read it.

        Args:
            error: The refusal.
            slices: What is pending.

        Raises:
            MewsError: The refusal, for there is no other way; or as the reader.
        """
        self._stream.reader.close()
        if not self._instead_of_all(error):
            raise error
        try:
            self._open(slices)
        except (UnauthorizedError, RefusedError) as again:
            # the first one names all that was tried
            raise (error if again.is_forbidden else again) from None

    def _open(self, slices: Sequence[Slice]) -> None:
        self._stream.reader = self._stream.new_reader()
        self._stream.reader.open(slices)

    def _instead_of_all(self, error: MewsError) -> bool:
        """Turn to other tokens, or to parts of what is refused, if there are any."""
        stream = self._stream
        if stream.is_dry_run or not error.is_forbidden:
            return False
        batches = [Batch(each) for each in stream.reach.accesses]
        shares = _merged(self._others(batch) for batch in batches)
        if not shares:
            return self._reads_apart(error)
        self._tried += batches
        taken, selection = self._narrowed(shares)
        if rest := tuple(key for key in selection.ids or () if key not in taken):
            if stream.moves_bookmark:
                stream.stay_behind(rest)
            for batch in batches:
                self._lost.append(Batch(batch.access, rest, rest))
                stream.run.go_on_without(stream.name, self._lost[-1], error)
        return True

    def _reads_apart(self, error: MewsError) -> bool:
        """Ask for parts of what is refused as a whole, if there can be any."""
        stream = self._stream
        if not (size := self._size_of_parts(stream.selection.ids)):
            return False
        told = "%s: %s; asking page by page for fewer identifiers at a time"
        stream.logger.info(told, stream.name, error.text)
        stream.read_apart(size)
        self._lost.clear()
        return True

    def windows(self) -> Generator[WindowRead, None, None]:
        """Read what was refused with other tokens, or in parts."""
        self._is_second = True
        while self._refused:
            refused, self._refused = self._refused, []
            yield from self._again(refused)

    def _again(
        self, refused: list[tuple[Batch, MewsError, Shares]]
    ) -> Generator[WindowRead, None, None]:
        stream = self._stream
        shares = _merged(each for _, _, each in refused)
        taken, selection = self._narrowed(shares)
        for batch, error, _ in refused:
            rest = tuple(key for key in batch.covers or () if key not in taken)
            if rest or not batch.covers:
                self._lost.append(Batch(batch.access, rest, rest))
                stream.run.go_on_without(stream.name, self._lost[-1], error)
        if size := self._part_size:
            stream.read_apart(size)
            self._part_size = 0
        reason = refused[0][1].text
        names = ", ".join(sorted(each.name for each in shares))
        told = "%s: %s; reading it%s page by page"
        if size:
            told = "%s: %s; asking for fewer identifiers at a time%s"
        elif not shares.keys() & {batch.access for batch, _, _ in refused}:
            told = "%s: %s; reading it%s instead"
        by = f" with {names}" if names else ""
        stream.logger.info(told, stream.name, reason, by)
        slices = stream.pending_of(taken, selection)
        stream.record.plan(slices, [], stream.bookmarks.of)
        try:
            stream.reader.close()
            self._open(slices)
            yield from stream.reader.windows()
        except MewsError as error:
            # under parents, the bookmark is one of the parents
            covers = tuple(sorted(taken))
            for access in shares:
                batch = Batch(access, covers, covers)
                # in parts it has been tried
                self.set_aside(batch, error, self._others(batch))

    def _narrowed(self, shares: Shares) -> tuple[set[str], Selection]:
        """Read with some tokens; gives what is read then, and all that was to be."""
        if self._selection is None:
            self._selection = self._stream.selection
        return self._stream.read_with(shares), self._selection

    def _others(self, batch: Batch) -> Shares:
        """The tokens that have what a batch asks for, and were not tried for it."""
        known = [each for each in self._tried if _overlap(each, batch)]
        tried = {each.access for each in (batch, *self._lost, *known)}
        return self._stream.run.portfolio.others(
            batch, self._stream.windowed.selector, tried
        )

    def _apart(self, batch: Batch) -> Shares:
        """What can read a batch in parts; nothing if it has none."""
        if not (size := self._size_of_parts(batch.covers)):
            return {}
        stream = self._stream
        self._part_size = max(self._part_size, size)
        if stream.windowed.selector.parents is None:
            return {batch.access: batch.covers or ()}
        return {batch.access: stream.run.portfolio.properties_of(batch.access)}

    def _size_of_parts(self, ids: tuple[str, ...] | None) -> int:
        """Identifiers in a part of what is refused; 0 where it cannot be cut."""
        count = len(ids or ())
        return (
            math.ceil(count / PARTS) if self._stream.may_be_apart and count > 1 else 0
        )

    def _has_rest(self, batch: Batch) -> bool:
        """Whether anything is left to be read beside what cannot be."""
        stream = self._stream
        if not (stream.fails_by_property or stream.reach.is_of_many):
            return False
        # a chain that one token cannot read is read by the others of the chain
        if not {each.access for each in self._lost}.issuperset(stream.reach.accesses):
            return True
        if batch.covers is None or stream.selection.ids is None:
            return False
        lost = {key for each in self._lost for key in each.covers or ()}
        return not lost.issuperset(stream.selection.ids)


def _overlap(one: Batch, other: Batch) -> bool:
    """Whether two batches ask for rows of the same; nobody may know of which."""
    if one.covers is None or other.covers is None:
        return True
    return not set(one.covers).isdisjoint(other.covers)


def _merged(parts: Iterable[Shares]) -> Shares:
    """The shares of several batches as those of one."""
    merged: Shares = {}
    for part in parts:
        for access, ids in part.items():
            merged[access] = tuple(dict.fromkeys((*merged.get(access, ()), *ids)))
    return merged

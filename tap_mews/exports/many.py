"""Reads the exports of several tokens as one stream.

Each token has its exports, which follow each other whatever those of the others do. One
bookmark stands for all: it is where the token stands that is furthest behind.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from tap_mews.errors import MewsError
from tap_mews.exports.jobs import SavedJob, fingerprints
from tap_mews.pages.batches import batches_of
from tap_mews.reading.background import side_by_side
from tap_mews.reading.reader import WindowLostError, WindowRead
from tap_mews.reading.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Selector
    from tap_mews.exports.reader import ExportReader
    from tap_mews.pages.allocation import Allocation
    from tap_mews.pages.batches import Batch
    from tap_mews.reading.reader import Slice
    from tap_mews.records.rows import Rows


FILES_AHEAD = 4
"""Downloads of other tokens that are under way while one is written: their files are
small, and each takes as long as an answer."""


NewReader: TypeAlias = (
    "Callable[[Access, Sequence[SavedJob], Callable[[list[SavedJob]], None]], "
    "ExportReader]"
)
"""Makes what reads the exports of a token, of its jobs of an earlier run, and of what
takes the jobs that the state is to hold of it."""


class _OfOne:
    """The exports of one token.

    Attributes:
        batch: What they are of.
        reader: Reads them.
        windows: What it reads.
        until: By partition, the moment up to which no row can still come.
    """

    def __init__(self, batch: Batch, reader: ExportReader) -> None:
        self.batch = batch
        self.reader = reader
        self.windows = reader.windows()
        self.until: dict[int, datetime | None] = {}

    def has(self, slice_: Slice) -> bool:
        """Whether it has a window left of a slice."""
        entity = self.reader.entity
        requests = [*(job.request for job in entity.jobs), *entity.requests]
        return any(each.slice.partition == slice_.partition for each in requests)

    def is_at(self, slice_: Slice) -> bool:
        """Whether its next window is one of a slice.

        Exports of a previous run come first, whichever slice they are of.
        """
        upcoming = self.reader.entity.upcoming
        return upcoming is not None and upcoming.slice.partition == slice_.partition

    @property
    def urgency(self) -> tuple[bool, float]:
        """Those that are ready come first, then those that are furthest behind."""
        jobs, upcoming = self.reader.entity.jobs, self.reader.entity.upcoming
        is_ready = bool(jobs) and jobs[0].is_ready
        start = upcoming and upcoming.window.start
        return not is_ready, start.timestamp() if start else 0.0


class ManyExports:
    """Reads slices through the exports of several tokens."""

    def __init__(
        self,
        new_reader: NewReader,
        allocation: Allocation,
        selector: Selector,
        saved: Sequence[SavedJob],
        save: Callable[[list[SavedJob]], None],
        record_failure: Callable[[Batch, MewsError], None],
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            new_reader: Makes what reads the exports of one token.
            allocation: Says which token reads what of a slice.
            selector: Selects by identifiers.
            saved: Jobs of an earlier run.
            save: Takes the jobs that the state is to hold.
            record_failure: Called where a token's exports cannot be read; raises the
                error if that leaves nothing to go on with.
        """
        self._new_reader = new_reader
        self._allocation = allocation
        self._selector = selector
        self._saved = saved
        self._save = save
        self._record_failure = record_failure
        self._slices: Sequence[Slice] = ()
        self._reading: dict[Access, _OfOne] = {}
        self._jobs: dict[Access, list[SavedJob]] = {}
        self._finished = 0

    def open(self, slices: Sequence[Slice]) -> None:
        """Add the first export of each token, or resume those of a previous run.

        Raises:
            MewsError: As `MewsClient.call`, for every token.
        """
        self._slices = slices
        due: dict[Access, list[Slice]] = {}
        for slice_ in slices:
            for batch in batches_of(self._allocation, self._selector, slice_):
                own = replace(
                    slice_,
                    scope=batch.scope,
                    ids=batch.ids,
                    token_enterprises=self._allocation.marks_of(batch.access),
                )
                due.setdefault(batch.access, []).append(own)
                self._add(batch, own)
        refused = {
            access: error
            for access, error in side_by_side(self._open, due.items(), "tap-mews-open")
            if error is not None
        }
        if refused and len(refused) == len(due):
            raise next(iter(refused.values()))
        for access, error in refused.items():
            self._drop(access, error)

    def _add(self, batch: Batch, slice_: Slice) -> None:
        """Take up a token, with those of the jobs that are its own."""
        marks, own = fingerprints(slice_), self._jobs.setdefault(batch.access, [])
        # of what is held back and of all, if that is the same
        own += [
            job
            for job in self._saved
            if job.get("scope", "") in marks and job not in own
        ]
        if known := self._reading.get(batch.access):
            # an error of the token is one of all its slices
            ids = {*(known.batch.ids or ()), *(batch.ids or ())}
            known.batch = replace(known.batch, ids=tuple(sorted(ids)))
        else:
            save = partial(self._save_of, batch.access)
            reader = self._new_reader(batch.access, own, save)
            self._reading[batch.access] = _OfOne(batch, reader)

    def _open(self, due: tuple[Access, list[Slice]]) -> tuple[Access, MewsError | None]:
        access, slices = due
        try:
            self._reading[access].reader.open(slices)
        except MewsError as error:
            return access, error
        return access, None

    def windows(self) -> Generator[WindowRead, None, None]:
        """The windows of all tokens, slice by slice.

        Raises:
            MewsError: As `ExportReader.windows`, where no token is left.
        """
        members = {
            slice_.partition: [
                each for each in self._reading.values() if each.has(slice_)
            ]
            for slice_ in self._slices
        }
        while slice_ := self._next_slice():
            reading = members[slice_.partition]
            while pending := [
                each for each in self._left(reading) if each.is_at(slice_)
            ]:
                first = min(pending, key=attrgetter("urgency"))
                yield from self._window(first, reading, slice_)
            # of one that was dropped, the others may have been ahead
            yield WindowRead(
                slice=slice_,
                window=Window(slice_.start, slice_.end),
                rows=iter(()),
                complete_until=self._complete_until(reading, slice_),
                number=self._finished,
                known=self._known,
                method="exports",
            )

    def _next_slice(self) -> Slice | None:
        """The first slice of which a token has its next window."""
        reading = self._reading.values()
        ready = (
            each for each in self._slices if any(one.is_at(each) for one in reading)
        )
        return next(ready, None)

    def _window(
        self, one: _OfOne, reading: list[_OfOne], slice_: Slice
    ) -> Iterator[WindowRead]:
        """The next window of a token, if it can be had."""
        try:
            read = next(one.windows, None)
        except MewsError as error:
            self._drop(one.batch.access, error)
            return
        if read is None:
            return
        others = [each for each in self._left(reading) if each.is_at(slice_)]
        others.sort(key=attrgetter("urgency"))
        for each in others[:FILES_AHEAD]:
            if each is not one:
                each.reader.read_ahead()
        yield replace(
            read,
            slice=slice_,
            rows=self._rows(one, read.rows),
            complete_until=self._complete_until(
                reading, slice_, one, read.complete_until
            ),
            number=min(self._finished + 1, self._known),
            known=self._known,
            done=partial(self._finish, one, read),
        )

    def _rows(self, one: _OfOne, rows: Iterator[Rows]) -> Iterator[Rows]:
        try:
            yield from rows
        except MewsError as error:
            self._drop(one.batch.access, error)
            raise WindowLostError from None

    def _finish(self, one: _OfOne, read: WindowRead) -> None:
        one.until[read.slice.partition] = read.complete_until
        self._finished += 1
        read.done()

    def _complete_until(
        self,
        reading: list[_OfOne],
        slice_: Slice,
        one: _OfOne | None = None,
        until: datetime | None = None,
    ) -> datetime | None:
        """Where all tokens of a slice stand, once one of them has a window more."""
        stands = [
            until if each is one else each.until.get(slice_.partition)
            for each in self._left(reading)
        ]
        known = [each for each in stands if each is not None]
        return min(known) if known and len(known) == len(stands) else None

    def _left(self, reading: list[_OfOne]) -> list[_OfOne]:
        """Those that have not been dropped."""
        return [each for each in reading if each.batch.access in self._reading]

    def _drop(self, access: Access, error: MewsError) -> None:
        """Continue without a token.

        Raises:
            MewsError: There is none left.
        """
        one = self._reading[access]
        self._record_failure(one.batch, error)
        # no more exports are to be added for it
        one.reader.entity.error = error
        del self._reading[access]
        one.windows.close()
        one.reader.close()

    def _save_of(self, access: Access, jobs: list[SavedJob]) -> None:
        self._jobs[access] = jobs
        self._save([job for each in self._jobs.values() for job in each])

    @property
    def _known(self) -> int:
        known = sum(each.reader.entity.window_count for each in self._reading.values())
        # some may be of tokens that were dropped
        return max(known, self._finished, 1)

    def close(self) -> None:
        """Let go of what the readers hold."""
        for each in self._reading.values():
            with closing(each.windows):
                each.reader.close()

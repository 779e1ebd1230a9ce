"""What cannot be read of a stream, while the rest of it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_mews.errors import MewsError, OutageError, RefusedError, UnauthorizedError
from tap_mews.pages.batches import Batch, overlap
from tap_mews.streams.alternatives import merged, own_share, part_size
from tap_mews.streams.lagging import can_lag, lagging_by_tokens, read_by_others

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation
    from tap_mews.pages.allocation import Allocation, Shares
    from tap_mews.reading.reader import Slice, WindowRead
    from tap_mews.reading.selection import Selection
    from tap_mews.streams.pending import PendingStream


@dataclass(frozen=True, eq=False)
class _Refused:
    """What is to be read in another way.

    Attributes:
        batch: What is refused.
        error: Why.
        allocation: What its token read then.
        shares: What can read it.
        part_size: Identifiers to ask for at a time; 0 for as many as ever.
        is_in_parts: Whether all parts of the batch are refused.
    """

    batch: Batch
    error: MewsError
    allocation: Allocation
    shares: Shares
    part_size: int = 0
    is_in_parts: bool = False


class Failures:
    """The batches that Mews refuses or that fail in this run.

    What one token may not read is read with another that has it, after the rest of the
    stream; what is refused together, to all that have it, is asked for in parts. What
    nobody can read keeps its bookmark, and the run reports it.
    """

    def __init__(self, stream: PendingStream) -> None:
        """Start without any."""
        self._stream = stream
        self._lost: list[Batch] = []
        self._unlisted: list[Batch] = []
        self._refused: list[_Refused] = []
        self._tried: list[Batch] = []
        self._is_second = False

    def __bool__(self) -> bool:
        """Whether something was not read."""
        return bool(self._lost or self._unlisted)

    def handle_failure(
        self,
        batch: Batch,
        error: MewsError,
        shares: Shares | None = None,
        *,
        is_in_parts: bool = False,
    ) -> None:
        """Continue without a batch.

        Args:
            batch: What cannot be read.
            error: Why.
            shares: What else can read it; if None, the other tokens that have it, or
                the same one in parts.
            is_in_parts: Whether all of its parts have been asked for.

        Raises:
            MewsError: Nothing else is left to read, or the settings say to stop.
        """
        stream = self._stream
        size = 0
        if not error.is_forbidden or stream.is_dry_run:
            shares = {}
        elif shares is None:
            shares = self._others(batch)
            size = 0 if shares or is_in_parts else part_size(stream, batch.ids)
        if not shares:
            if stream.is_dry_run or not (self._is_second or self._has_rest(batch)):
                raise error
            if size:
                shares = own_share(stream, batch, stream.allocation)
            else:
                self._give_up(batch, error)
        if batch.ids and stream.moves_bookmark:
            self._hold_back(batch, is_read_later=bool(shares))
        if shares:
            self._tried.append(batch)
            found = _Refused(batch, error, stream.allocation, shares, size, is_in_parts)
            self._refused.append(found)

    def _hold_back(self, batch: Batch, *, is_read_later: bool) -> None:
        """Keep the bookmark of a batch; others of a chain continue with theirs."""
        stream, ids = self._stream, batch.ids or ()
        lagging: set[str] = set()
        if can_lag(stream):
            lost = {each.access for each in (batch, *self._lost)}
            lagging = {*ids} if is_read_later else read_by_others(stream, lost)
            through = stream.run.portfolio.reached_by(batch.access)
            stream.hold_back_token((key for key in ids if key in lagging), through)
        if rest := [key for key in ids if key not in lagging]:
            stream.hold_back(rest)

    def _give_up(self, batch: Batch, error: MewsError) -> None:
        """Note what nobody can read in this run."""
        stream = self._stream
        self._lost.append(batch)
        selector, allocation = stream.windowed.selector, stream.run.allocation
        owners = allocation.owners(selector, batch.access, batch.ids)
        stream.run.record_failure(stream.name, batch, error, owners)

    def note_unlisted(self, parents: Operation) -> None:
        """Note whose parents cannot be listed, so that theirs are missing."""
        for (access, ids), error in self._stream.allocation.unlisted(parents).items():
            batch = Batch(access, ids, ids)
            if batch in (*self._lost, *self._unlisted):
                continue
            if batch.ids is None:
                self._give_up(batch, error)
            else:
                self._unlisted.append(batch)
                self._stream.run.record_failure(self._stream.name, batch, error)

    def open_fallback(self, error: MewsError, slices: Sequence[Slice]) -> None:
        """Begin to read in another way what is refused to all that should read it.

        Args:
            error: The refusal.
            slices: What is pending.

        Raises:
            MewsError: The refusal, for there is no other way; or as the reader.
        """
        stream = self._stream
        stream.reader.close()
        if stream.is_dry_run or not error.is_forbidden:
            raise error
        allocation, selection = stream.allocation, stream.selection
        accesses = allocation.accesses_for(stream.windowed.selector)
        batches = [Batch(each) for each in accesses]
        if shares := merged(self._others(batch) for batch in batches):
            self._tried += batches
            if self._opens(slices, shares):
                self._plan_rest(error, allocation, selection)
                return
            self._tried += map(Batch, shares)
            stream.allocation, stream.selection = allocation, selection
        if not (self._turns_to_parts(error) and self._opens(slices)):
            # it names all that was tried
            raise error

    def _opens(self, slices: Sequence[Slice], shares: Shares | None = None) -> bool:
        """Begin to read, with other tokens if they are given; False if refused."""
        try:
            if shares:
                self._stream.read_with(shares)
            self._open(slices)
        except (UnauthorizedError, RefusedError) as error:
            self._stream.reader.close()
            if not error.is_forbidden:
                raise
            return False
        return True

    def _open(self, slices: Sequence[Slice]) -> None:
        self._stream.reader = self._stream.new_reader()
        self._stream.reader.open(slices)

    def _plan_rest(
        self, error: MewsError, allocation: Allocation, selection: Selection
    ) -> None:
        """Set aside what is refused and no other token has."""
        stream = self._stream
        taken = set(stream.selection.ids or ())
        rest = tuple(key for key in selection.ids or () if key not in taken)
        if rest and stream.moves_bookmark:
            stream.hold_back(rest)
        for access in allocation.accesses:
            own = allocation.own(access, stream.windowed.selector) or ()
            if mine := tuple(key for key in own if key not in taken):
                self._plan_retry(Batch(access, mine, mine), error, allocation)

    def _plan_retry(
        self, batch: Batch, error: MewsError, allocation: Allocation
    ) -> None:
        """Ask for what was refused with more that others have."""
        if size := part_size(self._stream, batch.ids, fewest=1):
            shares = own_share(self._stream, batch, allocation)
            self._refused.append(_Refused(batch, error, allocation, shares, size))
        else:
            self._give_up(batch, error)

    def _turns_to_parts(self, error: MewsError) -> bool:
        """Ask for parts of what is refused as a whole, if there can be any."""
        stream = self._stream
        if not (size := part_size(stream, stream.selection.ids)):
            return False
        message = "%s: %s; asking page by page for fewer identifiers at a time"
        stream.logger.info(message, stream.name, error.text)
        stream.split_requests(size)
        return True

    def windows(self) -> Generator[WindowRead, None, None]:
        """Read what was refused with other tokens, or in parts."""
        self._is_second = True
        if can_lag(self._stream):
            yield from self._catch_up()
            return
        while self._refused:
            # what other tokens have is not asked for in parts
            whole = [each for each in self._refused if not each.part_size]
            refused = whole or self._refused
            self._refused = [each for each in self._refused if each not in refused]
            yield from self._retry(refused)

    def _retry(self, refused: list[_Refused]) -> Generator[WindowRead, None, None]:
        stream = self._stream
        shares = merged(each.shares for each in refused)
        size = max(each.part_size for each in refused)
        taken = self._taken(refused, shares)
        if not taken:
            return
        self._log_retry(refused, shares, size)
        slices = stream.pending_of(taken)
        yield from self._read(slices, shares, taken, size)

    def _catch_up(self) -> Generator[WindowRead, None, None]:
        """Read what single tokens have not read of chains, with them alone."""
        stream = self._stream
        done: set[tuple[int, tuple[Access, ...]]] = set()
        while True:
            size = max((each.part_size for each in self._refused), default=0)
            lagging = lagging_by_tokens(stream, {each.access for each in self._lost})
            now = next((each for each in lagging if (size, each) not in done), None)
            if now is None:
                return
            done.add((size, now))
            taken = {key for group in lagging[now] for key in group["ids"]}
            shares = dict.fromkeys(now, tuple(sorted(taken)))
            refused = [each for each in self._refused if each.batch.access in shares]
            self._stream.read_with(shares)
            if refused:
                self._log_retry(refused, shares, size)
            slices = stream.pending_lagging(lagging[now])
            yield from self._read(slices, shares, taken, size)

    def _read(
        self, slices: Sequence[Slice], shares: Shares, taken: set[str], size: int
    ) -> Generator[WindowRead, None, None]:
        """Read slices with some tokens, in parts if they have a size."""
        stream = self._stream
        if size:
            stream.split_requests(size)
        try:
            stream.record.plan(slices, [], stream.bookmarks.of)
            stream.reader.close()
            self._open(slices)
            yield from stream.reader.windows()
        except MewsError as error:
            # under parents, the bookmark is one of the parents
            for access in shares:
                own = stream.allocation.own(access, stream.windowed.selector)
                ids = tuple(key for key in own or () if key in taken)
                batch = Batch(access, ids, ids)
                self.handle_failure(batch, error, is_in_parts=bool(size))

    def _taken(self, refused: list[_Refused], shares: Shares) -> set[str]:
        """Read with some tokens; gives what they have of what is refused."""
        try:
            taken = self._stream.read_with(shares)
        except OutageError:
            raise
        except MewsError:
            taken = set()  # none of them can list the parents
        taken &= {key for each in refused for key in each.batch.ids or taken}
        for each in refused:
            batch = each.batch
            rest = tuple(key for key in batch.ids or () if key not in taken)
            left = Batch(batch.access, rest, rest)
            if rest and not each.part_size:
                # they reach its enterprise, but list none of these parents
                self._tried += [Batch(access, rest, rest) for access in each.shares]
            was_asked = each.part_size or (each.is_in_parts and rest == batch.ids)
            if rest and was_asked:
                self._give_up(left, each.error)
            elif rest or not batch.ids:
                self._plan_retry(left, each.error, each.allocation)
        return taken

    def _log_retry(self, refused: list[_Refused], shares: Shares, size: int) -> None:
        """Say how what is refused is read now."""
        stream = self._stream
        names = ", ".join(sorted(each.name for each in shares))
        message = "%s: %s; reading it%s page by page"
        if size:
            message = "%s: %s; asking for fewer identifiers at a time%s"
        elif not shares.keys() & {each.batch.access for each in refused}:
            message = "%s: %s; reading it%s instead"
        by = f" with {names}" if names else ""
        stream.logger.info(message, stream.name, refused[0].error.text, by)

    def _others(self, batch: Batch) -> Shares:
        """The tokens that have what a batch asks for, and were not tried for it."""
        known = [each for each in self._tried if overlap(each.ids, batch.ids)]
        tried = {each.access for each in (batch, *self._lost, *known)}
        return self._stream.run.portfolio.others(
            batch, self._stream.windowed.selector, tried
        )

    def _has_rest(self, batch: Batch) -> bool:
        """Whether anything is left to be read beside what cannot be."""
        stream = self._stream
        if not (stream.fails_by_enterprise or stream.allocation.is_of_many):
            return False
        lost = [*self._lost, batch]
        # a chain that one token cannot read is read by the others of the chain
        accesses = stream.allocation.accesses_for(stream.windowed.selector)
        if not {each.access for each in lost}.issuperset(accesses):
            return True
        if batch.ids is None or stream.selection.ids is None:
            return False
        keys = {key for each in lost for key in each.ids or ()}
        return not keys.issuperset(stream.selection.ids)

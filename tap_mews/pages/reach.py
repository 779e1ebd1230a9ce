"""What the access tokens of a run reach, and by which of them each part is read.

A property that several tokens reach is read by one of them: the one that reaches most,
so that a portfolio takes few requests. What belongs to a chain is read by each token
of the chain, since Mews does not promise that all of them see the same.
"""

from __future__ import annotations

import copy
import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from tap_mews.api.operations import NO_SELECTOR, WORLD
from tap_mews.errors import (
    InvalidSettingsError,
    MewsError,
    RefusedError,
    UnauthorizedError,
)
from tap_mews.pages.lookups import ENTERPRISES, FOUNDED, Enterprise, Lookups
from tap_mews.reading.background import side_by_side
from tap_mews.tables import some_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from tap_mews.api.access import Access
    from tap_mews.api.operations import Operation, Selector
    from tap_mews.reading.reader import Slice
    from tap_mews.records.validator import Rows

T = TypeVar("T")

Ids = tuple[str, ...] | None

Shares = dict["Access", tuple[str, ...]]
"""By token, the properties or chains that are read with it."""

logger = logging.getLogger("tap-mews.reach")


@dataclass(frozen=True)
class Batch:
    """What the requests of one read ask for.

    Attributes:
        access: By which token.
        ids: Identifiers that they name; None for all that the token reaches.
        covers: Identifiers whose rows they bring; None where nobody knows.
        is_apart: Whether it may be refused while others of its token are allowed.
    """

    access: Access
    ids: Ids = None
    covers: Ids = None
    is_apart: bool = False


class Reach:
    """The properties, chains and parents that the tokens of a run reach.

    Attributes:
        is_of_many: Whether there are several tokens, of which each has a share.
        troubles: The tokens that cannot be used, and why.
    """

    def __init__(
        self,
        lookups: Sequence[Lookups],
        *,
        enterprise_ids: Ids,
        chain_ids: Ids,
        reads_chains_once: bool,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            lookups: The lists of each token.
            enterprise_ids: The setting; it selects from what is listed.
            chain_ids: The setting; it selects from what is listed.
            reads_chains_once: Whether one token is enough for a chain.
        """
        self._lookups = {each.access: each for each in lookups}
        self._active = [*self._lookups]
        self._narrowed: set[Access] = set()
        self._enterprise_ids = enterprise_ids
        self._chain_ids = chain_ids
        self._reads_chains_once = reads_chains_once
        self._unlisted: set[Access] = set()
        self._part_size: int | None = None
        self._found: dict[Access, tuple[Enterprise, ...]] = {}
        self.is_of_many = len(self._lookups) > 1
        self._lock = threading.Lock()
        self._parents: dict[tuple[str, str], dict[Access, Ids | MewsError]] = {}
        self.troubles: dict[Access, MewsError] = {}

    @property
    def accesses(self) -> set[Access]:
        """The tokens by which something is read."""
        return set(self._active)

    @cached_property
    def listed(self) -> tuple[Enterprise, ...] | None:
        """All properties that the tokens reach, or None where nobody knows.

        Of several tokens, those that cannot be used are in `troubles`.

        Raises:
            InvalidSettingsError: No token reaches all that the settings name.
            MewsError: No token can be used.
        """
        listed = self._listed_by_many() if self.is_of_many else self._listed_by_one()
        if listed is None:
            return None
        chains = {each.chain_id for each in listed}
        ids = {each.id for each in listed}
        if not self.troubles:
            _check_reached("enterprise_ids", self._enterprise_ids, ids)
            if None not in chains:
                _check_reached("chain_ids", self._chain_ids, chains)
        return listed

    def _listed_by_one(self) -> tuple[Enterprise, ...] | None:
        (lookups,) = self._lookups.values()
        try:
            listed = lookups.enterprises()
        except (UnauthorizedError, RefusedError) as error:
            # some tokens of a single property may not list it
            logger.warning("The properties cannot be listed: %s", error)
            return None
        lookups.chain_ids = self._chain_ids or _chains_of(listed)
        return listed

    def _listed_by_many(self) -> tuple[Enterprise, ...]:
        found = self._found
        for access, listed in self._each(self._list, self._active).items():
            if isinstance(listed, MewsError):
                listed.args = (f"{access.name}: {listed}",)
                self.troubles[access] = listed
            else:
                found[access] = listed
        if not found:
            error = next(iter(self.troubles.values()))
            count = len(self.troubles)
            error.args = (f"none of the {count} access tokens works; {error}",)
            raise error
        # the order of the settings must not matter, nor which answer came first
        self._active = sorted(found, key=lambda each: (-len(found[each]), each.name))
        owned: dict[str, Enterprise] = {}
        chains_read: set[str] = set()
        for access in [*self._active]:
            own = [each for each in found[access] if each.id not in owned]
            owned |= {each.id: each for each in own}
            self._share(access, own, chains_read, len(own) < len(found[access]))
        return tuple(owned.values())

    def _share(
        self,
        access: Access,
        own: Sequence[Enterprise],
        chains_read: set[str],
        is_shared: bool,  # noqa: FBT001
    ) -> None:
        """Settle what is read by a token."""
        if not own:
            # others read all that it reaches
            self._active.remove(access)
            return
        lookups = self._lookups[access]
        only = self._enterprise_ids
        ids = tuple(sorted(each.id for each in own if only is None or each.id in only))
        if is_shared or only is not None:
            self._narrowed.add(access)
        lookups.enterprise_ids = ids
        chains = [
            chain
            for chain in _chains_of(own)
            if self._chain_ids is None or chain in self._chain_ids
            if not (self._reads_chains_once and chain in chains_read)
        ]
        chains_read.update(chains)
        lookups.chain_ids = tuple(chains)

    def _list(self, access: Access) -> tuple[Enterprise, ...]:
        """The properties of one of several tokens."""
        lookups = self._lookups[access]
        try:
            return lookups.enterprises()
        except (UnauthorizedError, RefusedError) as error:
            try:
                own = lookups.own_enterprise()
            except MewsError:
                raise error from None
            if own is None:
                raise
            logger.info(
                "%s: the property cannot be listed and is missing in the stream "
                "enterprises (%s)",
                access.name,
                error,
            )
            self._unlisted.add(access)
            return (own,)

    def others(
        self, batch: Batch, selector: Selector, tried: Collection[Access]
    ) -> Shares:
        """The tokens with which a batch can be read that one token cannot read.

        Args:
            batch: What cannot be read.
            selector: Of its operation.
            tried: The tokens that cannot read it.
        """
        if selector in (NO_SELECTOR, WORLD) or not self.is_of_many:
            return {}
        is_of_chain = selector.parents is None and selector.of == "chain"
        if is_of_chain and not self._reads_chains_once:
            return {}  # each token of a chain reads it anyhow
        lookups = self._lookups[batch.access]
        own = lookups.chain_ids if is_of_chain else lookups.enterprise_ids
        left = set(own or ())
        if selector.parents is None and batch.covers is not None:
            left &= set(batch.covers)
        shares: Shares = {}
        for access, listed in self._found.items():
            reached = {each.chain_id if is_of_chain else each.id for each in listed}
            if access not in tried and (ids := left & reached):
                shares[access] = tuple(sorted(ids))
                left -= ids
        return shares

    def narrowed(self, shares: Shares, selector: Selector) -> Reach:
        """What some tokens reach of some properties or chains.

        Args:
            shares: What is read with each of the tokens.
            selector: Of the operation that is read.
        """
        is_of_chain = selector.parents is None and selector.of == "chain"
        lookups = []
        for access, ids in shares.items():
            of_enterprises = self._lookups[access].enterprise_ids
            lookups.append(
                self._lookups[access].narrowed(
                    of_enterprises if is_of_chain else ids,
                    ids if is_of_chain else self.chain_ids,
                )
            )
        reach = Reach(
            lookups,
            enterprise_ids=self._enterprise_ids,
            chain_ids=self._chain_ids,
            reads_chains_once=self._reads_chains_once,
        )
        wanted = {key for ids in shares.values() for key in ids}
        reach.listed = tuple(
            each
            for each in self.listed or ()
            if (each.chain_id if is_of_chain else each.id) in wanted
        )
        reach.is_of_many = True
        reach._narrowed = {*shares}
        return reach

    def apart(self, size: int) -> Reach:
        """The same, of which a part can be refused while others are allowed.

        Args:
            size: Properties, chains or parents in a part.
        """
        reach = copy.copy(self)
        reach._part_size = size  # noqa: SLF001 - its own copy
        return reach

    def properties_of(self, access: Access) -> Ids:
        """Identifiers of the properties that are read by a token."""
        return self._lookups[access].enterprise_ids

    @property
    def enterprise_ids(self) -> Ids:
        """Identifiers of the properties to read, or None where nobody knows."""
        if self.listed is None:
            return self._enterprise_ids
        return _chosen(self._enterprise_ids, {found.id for found in self.listed})

    @property
    def chain_ids(self) -> Ids:
        """Identifiers of the chains to read, or None where nobody knows."""
        if self.listed is None:
            return self._chain_ids
        return _chosen(self._chain_ids, _chains_of(self.listed))

    @property
    def editable_history(self) -> timedelta:
        """The longest time in which a property may change its books afterwards."""
        known = (found.editable_history for found in self.listed or ())
        return max(known, default=timedelta(0))

    def beginning(self, ids: Iterable[str] | None = None) -> datetime:
        """When the oldest of some properties was created.

        Args:
            ids: Enterprises or chains to look at; all that are listed if None.

        Returns:
            The earliest `CreatedUtc`, or `FOUNDED` where nobody knows.
        """
        wanted = None if ids is None else set(ids)
        return min(
            (
                found.created.replace(microsecond=0)
                for found in self.listed or ()
                if found.created
                and (
                    wanted is None or not wanted.isdisjoint({found.id, found.chain_id})
                )
            ),
            default=FOUNDED,
        )

    def names_of(self, ids: Iterable[str]) -> str:
        """Words for properties, by their names; what is none keeps its identifier."""
        # what has not been listed is not asked for to find words
        listed = self.listed if "listed" in vars(self) else None
        known = {each.id: each.name or each.id for each in listed or ()}
        names = [known.get(key, key) for key in ids]
        return some_of(names)

    def ids(self, operation: Operation, access: Access | None = None) -> Ids:
        """The identifiers of the rows that an operation lists, in a fixed order.

        Args:
            operation: What lists them.
            access: Of one token alone; None for all that can be listed.

        Raises:
            MewsError: None can be listed.
        """
        found = self._listed_parents(operation)
        if access is not None:
            ids = found.get(access, ())
            return () if isinstance(ids, MewsError) else ids
        lists = [each for each in found.values() if isinstance(each, tuple)]
        if found and not lists:
            raise next(each for each in found.values() if isinstance(each, MewsError))
        return tuple(sorted({key for each in lists for key in each}))

    def objects(self, operation: Operation, row: type[T]) -> Iterator[T]:
        """What is needed of the rows that an operation lists, of all tokens.

        Args:
            operation: What lists them.
            row: What to make of a row, as `Lookups.objects`.

        Raises:
            MewsError: None can be listed.
        """
        _ = self.ids(operation)
        for access, ids in self._listed_parents(operation).items():
            if not isinstance(ids, MewsError):
                yield from self._lookups[access].objects(operation, row)

    def unlisted(self, operation: Operation) -> dict[Access, MewsError]:
        """The tokens with which the rows of an operation cannot be listed, and why."""
        found = self._listed_parents(operation).items()
        return {access: each for access, each in found if isinstance(each, MewsError)}

    def _listed_parents(self, operation: Operation) -> dict[Access, Ids | MewsError]:
        key = (operation.path, operation.rows)
        with self._lock:
            known = self._parents.get(key)
        if known is None:
            # streams that need the same list wait for each other in `Lookups`
            of = [each for each in self._active if self._has(each, operation.selector)]
            known = self._each(lambda each: self._lookups[each].ids(operation), of)
            with self._lock:
                self._parents[key] = known
        return known

    def rows(self, operation: Operation, batch: Batch) -> list[Rows]:
        """The rows of a list, of what a batch covers.

        Raises:
            MewsError: As `Lookups.rows`.
        """
        if operation is ENTERPRISES and batch.access in self._unlisted:
            return []
        if operation.selector is not WORLD:
            return self._lookups[batch.access].rows(operation)
        *others, last = self._active
        for access in others:
            # each of them gives the same
            try:
                return self._lookups[access].rows(operation)
            except (UnauthorizedError, RefusedError):
                continue
        return self._lookups[last].rows(operation)

    def batches(
        self, selector: Selector, slice_: Slice, most: int | None = None
    ) -> list[Batch]:
        """What the reads of a slice ask for.

        Args:
            selector: Selects by identifiers.
            slice_: What is due.
            most: Identifiers that a read may name, if not as the selector.
        """
        found: list[Batch] = []
        for access in self._active[:1] if selector is WORLD else self._active:
            covers = self._covered(access, selector, slice_)
            if covers is None:
                found.append(Batch(access))
            elif not covers and self.is_of_many:
                continue
            elif (
                slice_.scope is not None
                or selector.is_required
                or access in self._narrowed
                or self._part_size
            ):
                found += self._naming(access, covers, most or selector.most)
            else:
                found.append(Batch(access, None, covers))
        return found

    def _naming(
        self, access: Access, covers: tuple[str, ...], most: int
    ) -> Iterator[Batch]:
        """Reads that name at most so many identifiers each."""
        is_divided = self._part_size is not None
        for part in _cut(covers, self._part_size or max(len(covers), 1)):
            for number, some in enumerate(_cut(part, most)):
                yield Batch(access, some, some, is_apart=is_divided and number == 0)

    def batches_of_all(self) -> list[Batch]:
        """One read a token, of all that it reaches, whatever the settings choose."""
        return [Batch(access) for access in self._active]

    def _covered(self, access: Access, selector: Selector, slice_: Slice) -> Ids:
        """Those of a slice that are read by a token; None where nobody knows."""
        wanted = slice_.covers if slice_.scope is None else slice_.scope
        if not self.is_of_many:
            return wanted
        own = self._own(access, selector)
        if own is None or wanted is None:
            return own
        only = set(wanted)
        return tuple(key for key in own if key in only)

    def _own(self, access: Access, selector: Selector) -> Ids:
        """Whom a token is there for; None where nobody knows, or it does not matter."""
        if selector in (NO_SELECTOR, WORLD):
            return None
        if selector.parents is not None:
            return self.ids(selector.parents, access)
        lookups = self._lookups[access]
        if not self.is_of_many:
            return self.chain_ids if selector.of == "chain" else self.enterprise_ids
        return lookups.chain_ids if selector.of == "chain" else lookups.enterprise_ids

    def _has(self, access: Access, selector: Selector) -> bool:
        own = self._own(access, selector)
        return own is None or bool(own)

    def _each(
        self, function: Callable[[Access], T], accesses: Collection[Access]
    ) -> dict[Access, T | MewsError]:
        """What a function gives for each token, asked side by side."""
        if not self.is_of_many:
            return {access: function(access) for access in accesses}

        def ask(access: Access) -> T | MewsError:
            try:
                return function(access)
            except MewsError as error:
                return error

        found = side_by_side(ask, accesses, "tap-mews-list")
        return dict(zip(accesses, found, strict=True))


def _cut(ids: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """Some identifiers at a time."""
    return (ids[n : n + size] for n in range(0, len(ids), size))


def _chosen(setting: Ids, listed: Collection[str]) -> tuple[str, ...]:
    """What a setting names of what is listed; all of that without one."""
    if setting is None:
        return tuple(sorted(listed))
    # what only a token in trouble reaches is not there to be read
    return tuple(key for key in setting if key in listed)


def _chains_of(listed: Iterable[Enterprise]) -> tuple[str, ...]:
    return tuple(sorted({found.chain_id for found in listed if found.chain_id}))


def _check_reached(setting: str, chosen: Ids, reached: Collection[str | None]) -> None:
    """Refuse a setting that names what no token reaches.

    Mews gives no rows of it and no error, so that a misspelt identifier would pass for
    a property in which nothing happens.

    Raises:
        InvalidSettingsError: Names it.
    """
    others = [key for key in chosen or () if key not in reached]
    if others:
        msg = f"{setting}: the access token has no access to {some_of(others)}"
        raise InvalidSettingsError(msg)

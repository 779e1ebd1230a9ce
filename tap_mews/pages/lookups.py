"""Lists that other requests need, such as the enterprises; each is read once a run.

They are those of one access token; `portfolio` and `allocation` put together
what several tokens list.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_mews.errors import (
    MewsError,
    RefusedError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from tap_mews.identifiers import Ids, plain_id
from tap_mews.pages.enterprises import ENTERPRISES, Enterprise, EnterpriseRow
from tap_mews.pages.identifiers_sent import MostIds
from tap_mews.pages.paginator import PageSize, read_pages
from tap_mews.pages.permitted import Refusal, read_permitted
from tap_mews.reading.background import side_by_side
from tap_mews.records.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from tap_mews.api.access import Access
    from tap_mews.api.client import MewsClient
    from tap_mews.api.operations import Operation
    from tap_mews.api.responses import Response
    from tap_mews.pages.decoder import Page

T = TypeVar("T")

logger = logging.getLogger("tap-mews.pages")


class _Row(msgspec.Struct):
    id: str = msgspec.field(name="Id")


class _Owned(_Row):
    enterprise_id: str | None = msgspec.field(name="EnterpriseId", default=None)


class _Own(EnterpriseRow):
    is_portfolio: Any = msgspec.field(name="IsPortfolio", default=None)


class _Configuration(msgspec.Struct):
    enterprise: _Own = msgspec.field(name="Enterprise")


class Lookups:
    """Lists of one access token.

    Attributes:
        access: The token.
        enterprise_ids: The enterprises that lists are narrowed to; None for all.
        chain_ids: The chains whose lists are wanted; None if unknown.
        is_narrowed: Whether the token reaches more, so that requests must name them.
        list_refusal: Why the enterprises cannot be listed, if one is known all the
            same; see `enterprises_or_own`.
    """

    def __init__(
        self,
        client: MewsClient,
        access: Access,
        page_size: int,
        enterprise_ids: Ids,
        chain_ids: Ids,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            client: Makes the calls.
            access: The token that it makes them with.
            page_size: Rows in one page.
            enterprise_ids: The setting.
            chain_ids: The setting.
        """
        self.access = access
        self.enterprise_ids = enterprise_ids
        self.chain_ids = chain_ids
        self.is_narrowed = False
        self.list_refusal: MewsError | None = None
        self._client = client
        self._page_size = page_size
        self._lock = threading.Lock()
        # each list has its own, so that none waits for the answer to another one
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._known: dict[tuple[str, str], list[Rows] | MewsError] = {}
        self._refusals: dict[tuple[str, str], Refusal] = {}

    def narrowed(self, enterprise_ids: Ids, chain_ids: Ids) -> Lookups:
        """Lists of the same token, of other enterprises or chains."""
        narrowed = Lookups(
            self._client, self.access, self._page_size, enterprise_ids, chain_ids
        )
        narrowed.is_narrowed = True
        return narrowed

    def rows(self, operation: Operation) -> list[Rows]:
        """All rows that an operation lists, of the enterprises that are read.

        Those that Mews refuses are missing, see `refusals`. A list that cannot be read
        is not asked for again.

        Raises:
            MewsError: As `read_pages`.
        """
        key = (operation.path, operation.rows)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._known:
                try:
                    self._known[key] = self._read(operation)
                except MewsError as error:
                    self._known[key] = error
            known = self._known[key]
        if isinstance(known, MewsError):
            raise known.reworded(known.text)
        return known

    def refusals(self, operation: Operation) -> list[Refusal]:
        """What Mews refuses of a list, or of what it is asked by, and allows the rest.

        Raises:
            MewsError: As `rows`.
        """
        _ = self.rows(operation)
        above = operation.selector.parents
        found = [] if above is None else self.refusals(above)
        own = self._refusals.get((operation.path, operation.rows))
        return [*found, own] if own else found

    def _read(self, operation: Operation) -> list[Rows]:
        """The rows of a list, if need be without what is refused."""
        ids = self._named(operation)
        try:
            return self._rows_of(operation, ids)
        except (UnauthorizedError, RefusedError) as error:
            if operation is ENTERPRISES and self.enterprise_ids and error.is_forbidden:
                # one that is refused has all of them refused
                with suppress(UnauthorizedError, RefusedError):
                    rows = self._rows_of(operation, self.enterprise_ids)
                    logger.info("%s; listing those of enterprise_ids alone", error)
                    return rows
            asked_by = self._asked_by(operation, ids) if error.is_forbidden else {}
            if len(asked_by) < 2:  # noqa: PLR2004 - one alone has no other half
                raise

            def read(some: Sequence[str]) -> list[Rows]:
                named = tuple(each for key in some for each in asked_by[key])
                return self._rows_of(operation, named)

            rows, refusal = read_permitted(read, sorted(asked_by), error)
            self._refusals[operation.path, operation.rows] = refusal
            return rows

    def _rows_of(self, operation: Operation, ids: Ids) -> list[Rows]:
        return [
            Rows(
                page.value.rows,
                f"{operation.path} (all), page {number}{page.of_request}",
                unit="row",
                may_break=page.value.may_break,
            )
            for number, page in enumerate(self._pages(operation, ids), 1)
        ]

    def _pages(self, operation: Operation, ids: Ids) -> Iterator[Response[Page[bytes]]]:
        size = PageSize(self._page_size)

        def some(part: Ids) -> Iterator[Response[Page[bytes]]]:
            body = operation.body(None, part)
            return read_pages(self._client, operation, body, size, bytes)

        return MostIds(operation.selector.most).read(ids, some)

    def _asked_by(self, operation: Operation, ids: Ids) -> dict[str, list[str]]:
        """By enterprise or chain, the identifiers that its part of a list is asked by.

        Args:
            operation: Lists them.
            ids: What requests for the whole list name.
        """
        selector, found = operation.selector, defaultdict[str, list[str]](list)
        if selector.parents is not None:
            for key, owner in self.owners(selector.parents).items():
                found[owner].append(key)
        elif operation is not ENTERPRISES and selector.parameter:
            if ids is None and selector.of == "property":
                # some tokens may not list them
                with suppress(MewsError):
                    ids = self.ids(ENTERPRISES)
            found |= {key: [key] for key in ids or ()}
        return found

    def _named(self, operation: Operation) -> Ids:
        """The identifiers that requests for a list must name; None for none."""
        selector = operation.selector
        if operation is ENTERPRISES or not selector.parameter:
            return None
        if selector.parents is not None:
            return self.ids(selector.parents)
        return self.chain_ids if selector.of == "chain" else self.enterprise_ids

    def ids(self, operation: Operation) -> tuple[str, ...]:
        """The identifiers of the rows that an operation lists, in a fixed order.

        In small letters, as the state holds them: Mews compares them without case.

        Raises:
            MewsError: As `rows`.
        """
        return tuple(
            sorted({plain_id(row.id) for row in self.objects(operation, _Row)})
        )

    def owners(self, operation: Operation) -> dict[str, str]:
        """The properties of the rows that an operation lists, by their identifiers.

        A row that names no enterprise is there by itself.

        Raises:
            MewsError: As `rows`.
        """
        return {
            plain_id(row.id): plain_id(row.enterprise_id or row.id)
            for row in self.objects(operation, _Owned)
        }

    def objects(self, operation: Operation, row: type[T]) -> Iterator[T]:
        """What the tap itself needs of the rows that an operation lists.

        Raises:
            UnexpectedAnswerError: A row does not have it.
        """
        decode = msgspec.json.Decoder(row).decode
        for rows in self.rows(operation):
            for index, line in enumerate(rows.lines):
                try:
                    yield decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    msg = f"unexpected response format ({rows.where(index)}): {error}"
                    raise UnexpectedAnswerError(msg) from None

    def enterprises(self) -> tuple[Enterprise, ...]:
        """All enterprises that the token reaches (`enterprises/getAll`).

        Raises:
            UnexpectedAnswerError: There is none, so that nothing could be read.
            MewsError: As `rows`; some tokens of a single enterprise may not list it.
        """
        found = tuple(map(Enterprise.of, self.objects(ENTERPRISES, EnterpriseRow)))
        if not found:
            msg = (
                f"{ENTERPRISES.path}: the access token has no properties; check in "
                "Mews which properties the integration is enabled for"
            )
            raise UnexpectedAnswerError(msg)
        return found

    def enterprises_or_own(self) -> tuple[Enterprise, ...]:
        """The same; of a token that may not list them, its own (`configuration/get`).

        Raises:
            MewsError: As `enterprises`.
        """
        try:
            return self.enterprises()
        except (UnauthorizedError, RefusedError) as error:
            own = self.own_enterprise()
            if own is None:
                raise
            logger.info(
                "%s: the property cannot be listed and is missing in the stream "
                "enterprises (%s)",
                self.access.name,
                error,
            )
            self.list_refusal = error
            self._known[ENTERPRISES.path, ENTERPRISES.rows] = []
            return (own,)

    def own_enterprise(self) -> Enterprise | None:
        """The token's enterprise (`configuration/get`); None if Mews names none.

        For a portfolio, Mews can answer with a stand-in that is no enterprise.
        """
        decoder = msgspec.json.Decoder(_Configuration)
        try:
            answer = self._client.call("configuration/get", {}, decoder)
        except MewsError:
            return None
        if answer is None or answer.value.enterprise.is_portfolio is True:
            return None
        return Enterprise.of(answer.value.enterprise)


def ask_each(
    function: Callable[[Lookups], T], lookups: Collection[Lookups]
) -> dict[Access, T | MewsError]:
    """What a function gives for the lists of each token, or why it does not.

    Args:
        function: What to ask; of all tokens side by side.
        lookups: Of the tokens.
    """

    def ask(each: Lookups) -> T | MewsError:
        try:
            return function(each)
        except MewsError as error:
            return error

    found = side_by_side(ask, lookups, "tap-mews-list")
    return {each.access: got for each, got in zip(lookups, found, strict=True)}

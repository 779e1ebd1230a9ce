"""Which properties (hotels) and chains the access token reaches."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import msgspec

from tap_mews.errors import InvalidSettingsError, RefusedError, UnauthorizedError
from tap_mews.pages.paginator import PagedOperation, PageSize, read_objects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_mews.api.client import MewsClient

logger = logging.getLogger("tap-mews.properties")

FOUNDED = datetime(2012, 1, 1, tzinfo=timezone.utc)
"""Nothing in Mews is older than Mews; where to start when nobody knows better."""

MOST_NAMED = 5
"""Identifiers in a message; the rest is counted."""

ENTERPRISES = PagedOperation("enterprises/getAll", "Enterprises")


class Enterprise(msgspec.Struct, frozen=True):
    """A property as `enterprises/getAll` shows it, as far as reading needs it."""

    id: str = msgspec.field(name="Id")
    chain_id: str | None = msgspec.field(name="ChainId", default=None)
    created: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(
        name="CreatedUtc",
        default=None,
    )


class Portfolio:
    """The properties behind the access token, listed once a run."""

    def __init__(
        self,
        client: MewsClient,
        page_size: int,
        enterprise_ids: tuple[str, ...] | None,
        chain_ids: tuple[str, ...] | None,
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            client: Makes the calls.
            page_size: Rows in one page.
            enterprise_ids: The setting; it selects from the list.
            chain_ids: The setting; it selects from the list.
        """
        self._client = client
        self._page_size = page_size
        self._enterprise_ids = enterprise_ids
        self._chain_ids = chain_ids

    @cached_property
    def listed(self) -> tuple[Enterprise, ...] | None:
        """All properties that `enterprises/getAll` shows, or None where it is refused.

        Some tokens of a single property may not call it (401 or 403).

        Raises:
            InvalidSettingsError: The token does not reach all that the settings name.
        """
        size = PageSize(self._page_size)
        try:
            listed = tuple(
                found
                for page in read_objects(
                    self._client, ENTERPRISES, {}, size, "all", Enterprise
                )
                for found in map(_plain, page)
            )
        except (UnauthorizedError, RefusedError) as error:
            logger.warning("The properties cannot be listed: %s", error)
            return None
        properties = {each.id for each in listed}
        chains = {each.chain_id for each in listed}
        _check_reached("enterprise_ids", self._enterprise_ids, properties)
        if None not in chains:
            _check_reached("chain_ids", self._chain_ids, chains)
        return listed

    @property
    def enterprise_ids(self) -> tuple[str, ...] | None:
        """Identifiers of the properties to read, or None where nobody knows."""
        if self._enterprise_ids or self.listed is None:
            return self._enterprise_ids
        return tuple(sorted(found.id for found in self.listed))

    @property
    def chain_ids(self) -> tuple[str, ...] | None:
        """Identifiers of the chains to read, or None where nobody knows."""
        if self._chain_ids or self.listed is None:
            return self._chain_ids
        return tuple(
            sorted({found.chain_id for found in self.listed if found.chain_id})
        )

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


def _plain(found: Enterprise) -> Enterprise:
    """A property with its identifiers as Mews compares them: without case."""
    chain_id = found.chain_id and found.chain_id.lower()
    return msgspec.structs.replace(found, id=found.id.lower(), chain_id=chain_id)


def _check_reached(
    setting: str, chosen: tuple[str, ...] | None, reached: Collection[str | None]
) -> None:
    """Refuse a setting that names what the token does not reach.

    Mews gives no rows of it and no error, so that a misspelt identifier would pass for
    a property in which nothing happens.

    Raises:
        InvalidSettingsError: Names it.
    """
    others = [key for key in chosen or () if key not in reached]
    if others:
        named = ", ".join(others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED} more" if others[MOST_NAMED:] else ""
        msg = f"{setting}: the access token does not reach {named}{more}"
        raise InvalidSettingsError(msg)

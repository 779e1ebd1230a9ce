"""What the tap is compared with: streams as the SDK makes them, and nothing more.

`python -m benchmarks.plain --config config.json` reads what the setting `streams`
names: `{"order_items": {"file": …}}`, or for pages `{"companionships": {"url": …}}`.
Nothing is validated, no stream has a bookmark.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Stream, Tap
from singer_sdk import typing as th
from singer_sdk.singerlib.json import deserialize_json

from benchmarks.runs import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

GROUPS = 1000
"""Reservation groups in one request for companionships, as the tap has it."""


class PlainFileStream(Stream):
    """The rows of an export file."""

    primary_keys = ("Id",)

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Parse line by line, with all digits, as the SDK's REST streams do."""
        del context
        with Path(self.config["streams"][self.name]["file"]).open("rb") as file:
            for line in file:
                yield deserialize_json(line)


class PlainPageStream(RESTStream[str]):
    """The pages of one operation, cursor after cursor."""

    primary_keys = ("Id",)
    http_method = "POST"
    rows: ClassVar[str]
    next_page_token_jsonpath = "$.Cursor"  # noqa: S105 - a path, no secret

    @property
    def url_base(self) -> str:
        """Where the pages are."""
        return str(self.config["streams"][self.name]["url"])

    @property
    def records_jsonpath(self) -> str:
        """Where the rows are in a page."""
        return f"$.{self.rows}[*]"

    def prepare_request_payload(
        self, context: Context | None, next_page_token: str | None
    ) -> dict[str, Any]:
        """The request of one page."""
        limitation = {"Count": 1000, "Cursor": next_page_token}
        return {"Limitation": limitation, **(context or {})}


class PlainSourceAssignments(PlainPageStream):
    """Source assignments."""

    name = "source_assignments"
    path = "/sourceAssignments/getAll/2024-09-20"
    rows = "SourceAssignments"


class PlainOrderItems(PlainPageStream):
    """Order items, where they are read by pages and not from a file."""

    name = "order_items"
    path = "/orderItems/getAll"
    rows = "OrderItems"


class PlainReservations(PlainPageStream):
    """Reservations, whose groups have the companionships."""

    name = "reservations"
    path = "/reservations/getAll/2023-06-06"
    rows = "Reservations"

    @property
    def url_base(self) -> str:
        """Where the pages are."""
        return str(self.config["streams"]["companionships"]["url"])


class PlainCompanionships(PlainPageStream):
    """Companionships of the groups of reservations, a thousand groups a request."""

    name = "companionships"
    path = "/companionships/getAll"
    rows = "Companionships"

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Read the groups first, then what belongs to them."""
        del context
        reservations = PlainReservations(self._tap, schema={"properties": {}})
        self.updated: dict[str, str] = {}
        for row in reservations.request_records(None):
            known = self.updated.get(row["GroupId"], "")
            self.updated[row["GroupId"]] = max(known, row["UpdatedUtc"])
        groups = sorted(self.updated)
        for first in range(0, len(groups), GROUPS):
            some = groups[first : first + GROUPS]
            for record in self.request_records({"ReservationGroupIds": some}):
                group = record["ReservationGroupId"]
                record["ReservationGroupUpdatedUtc"] = self.updated[group]
                yield record


class PlainTap(Tap):
    """The streams that the config names."""

    name = "plain-tap"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("streams", th.ObjectType(additional_properties=True)),
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Streams with the schemas of the tap."""
        pages = (PlainSourceAssignments, PlainCompanionships, PlainOrderItems)
        kinds: dict[str, type[Stream]] = {each.name: each for each in pages}
        return [
            (kinds[name] if "url" in source else PlainFileStream)(
                self, name=name, schema=_schema(name)
            )
            for name, source in self.config["streams"].items()
        ]


def _schema(name: str) -> dict[str, Any]:
    path = CHECKOUT / "schemas" / f"{name}.json"
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


if __name__ == "__main__":
    PlainTap.cli()

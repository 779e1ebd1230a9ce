"""What is known of an operation, an entity and a stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Family: TypeAlias = Literal["what happened", "what the ids mean", "what can be sold"]
Reading: TypeAlias = Literal[
    "by time", "whole", "by time under parents", "under parents", "series"
]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that the files say; a name in them that is none of these is refused."""


class Property(Fact, frozen=True, kw_only=True):
    """A property of an entity, or a member of one.

    Attributes:
        types: JSON types that its value can have; a null is possible everywhere.
        format: `date-time`, `date` or `duration`.
        required: Whether the page calls it required, which is no promise.
        documented: How the pages know it; `no` where it was only seen in real rows.
        seen: Where it was seen, if it is not documented.
        values: The documented members of an open enumeration.
        values_deprecated: Those of them that Mews advises against.
        refers_to: Entities that an identifier can name.
        max_length: Most characters, as documented.
        max_items: Most entries, as documented.
        deprecated: Whether Mews advises against it.
        replaced_by: What to use in its place.
        properties: The members of an object, in documented order.
        items: An entry of an array.
        map: A value of an object whose names are free.
        variants: The content of a `Value`, by the `Discriminator` beside it.
        note: What else is known.
    """

    types: tuple[str, ...] = msgspec.field(name="type")
    format: str | None = None
    required: bool = False
    documented: Literal["yes", "draft", "example only", "no"] = "yes"
    seen: str | None = None
    values: tuple[str, ...] = ()
    values_deprecated: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    max_length: int | None = None
    max_items: int | None = None
    deprecated: bool = False
    replaced_by: str | None = None
    properties: dict[str, Property] = {}
    items: Property | None = None
    map: Property | None = None
    variants: dict[str, Property] = {}
    note: str | None = None

    def walk(self, path: str) -> Iterator[tuple[str, Property]]:
        """Give this property, which is at a path, and all inside it by theirs.

        Names are joined by dots, `[]` stands for an entry of an array, `*` for a value
        of an object with free names, `|` comes before the name of a variant.
        """
        yield path, self
        for name, child in self.properties.items():
            yield from child.walk(f"{path}.{name}")
        for name, child in self.variants.items():
            yield from child.walk(f"{path}|{name}")
        if self.items:
            yield from self.items.walk(f"{path}[]")
        if self.map:
            yield from self.map.walk(f"{path}.*")


class Entity(Fact, frozen=True, kw_only=True):
    """What a row consists of.

    Attributes:
        page: Page and section of the documentation.
        version: When the page was written.
        properties: In documented order.
    """

    page: str
    version: str
    properties: dict[str, Property]

    def walk(self) -> Iterator[tuple[str, Property]]:
        """Give every property, the nested ones too, by its path."""
        for name, child in self.properties.items():
            yield from child.walk(name)


class Scope(Fact, frozen=True, kw_only=True):
    """How a request names the enterprises or chains that it asks for.

    Attributes:
        parameter: Its name in the body.
        most: Most identifiers in a request; None where none is documented.
        required: Whether a request has to carry it.
        required_with_portfolio_token: Whether a portfolio token has to send it.
        chain_scoped: Entities that are asked for by chain, for exports.
    """

    parameter: str
    most: int | None = None
    required: bool = False
    required_with_portfolio_token: bool = False
    chain_scoped: tuple[str, ...] = ()


class FurtherList(Fact, frozen=True, kw_only=True):
    """What a response holds beside its rows.

    Attributes:
        entity: Of which its entries are; None where no page tells.
        list: Whether it is a list, not one object.
        deprecated: Whether Mews advises against it.
        note: What else is known.
    """

    entity: str | None
    list: bool = True
    deprecated: bool = False
    note: str | None = None


class Span(msgspec.Struct, frozen=True):
    """The longest interval of a time filter, in calendar months or in days."""

    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `3 months` or `180 days`."""
        count, unit = text.split(" ")
        return cls(**{unit.removesuffix("s") + "s": int(count)})


class Deprecation(Fact, frozen=True, kw_only=True):
    """Since when Mews advises against it, until when it works, and what instead."""

    on: str
    ends: str | None = None
    instead: tuple[str, ...] = ()


class Operation(Fact, frozen=True, kw_only=True):
    """The rules of a request.

    Attributes:
        path: Below the address of the API, as in `payments/getAll`.
        entity: Of which the rows are.
        rows: Key of the list in the response; None where the response is the row.
        response: Whether `rows` is a list or one object.
        lists: Further keys of the response.
        scope: Parameter that names enterprises or chains.
        portfolio: Whether the page speaks of portfolio tokens.
        paging: Whether `Limitation` is required, optional or not taken.
        most_rows: Most rows a page; None where none is documented.
        cursor: Whether the response of a paged operation has a cursor.
        time_filters: Longest interval of each; None where none is documented.
        interval: What is said of an interval given by two parameters, `From..To`, or
            in days.
        required: Parameters that a request has to carry.
        one_of: Parameters of which a request has to carry at least one.
        at_least_one_filter: Whether any of the filters has to be there.
        ids: Most identifiers of each parameter that takes such.
        parents: Operations that give the identifiers which a request needs.
        other: Further parameters.
        deprecated_parameters: Those that Mews advises against.
        entity_types: What can be exported.
        restricted: Whether Mews has to enable it; None where that is not known.
        beta: Whether Mews calls it a beta.
        deprecated: Since when it is.
        superseded_by: The operation to use in its place, which Mews does not say.
        hides: Rows that do not come by default, by the parameter that brings them.
        all_rows: Part of a body that brings every row.
        undocumented: How it is known, where no page describes it.
        page: Page and section of the documentation.
        version: When the page was written.
        note: What else is known.
    """

    path: str
    entity: str
    rows: str | None
    response: Literal["list", "object"] = "list"
    lists: dict[str, FurtherList] = {}
    scope: Scope | None = None
    portfolio: bool = False
    paging: Literal["required", "optional", "no"]
    most_rows: int | None = None
    cursor: bool = True
    time_filters: dict[str, Span | None] = {}
    interval: dict[str, str] = {}
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    at_least_one_filter: bool = False
    ids: dict[str, int | None] = {}
    parents: dict[str, tuple[str, ...]] = {}
    other: tuple[str, ...] = ()
    deprecated_parameters: tuple[str, ...] = ()
    entity_types: tuple[str, ...] = ()
    restricted: bool | None = False
    beta: bool = False
    deprecated: Deprecation | None = None
    superseded_by: str | None = None
    hides: dict[str, str] = {}
    all_rows: dict[str, Any] = {}
    undocumented: str | None = None
    page: str | None = None
    version: str | None = None
    note: str | None = None

    @property
    def parameters(self) -> frozenset[str]:
        """Everything that a body can carry beside the tokens and `Client`."""
        names = {*self.required, *self.one_of, *self.other, *self.time_filters}
        names |= {*self.ids, *self.all_rows, *self.deprecated_parameters}
        names |= {name for each in self.interval for name in re.split(r"\.\.", each)}
        if self.scope:
            names.add(self.scope.parameter)
        if self.paging != "no":
            names.add("Limitation")
        return frozenset(names)


class Join(Fact, frozen=True, kw_only=True):
    """What an identifier of a row names.

    Attributes:
        column: Path of the identifier, with `[]` for an entry of an array.
        stream: The stream in which the row is that it names.
        to: The column of that stream.
        by: Column whose value says which of several streams it is.
    """

    column: str
    stream: str
    to: str
    by: str | None = None


class Stream(Fact, frozen=True, kw_only=True):
    """What the tap can read as one table.

    Attributes:
        name: Of the stream.
        operation: Path of the operation that gives its rows.
        rows: Key of the list in the response; None where the response is the row.
        entity: Of which its rows are.
        family: What an analyst does with it.
        reading: How it can be read so that nothing is missed.
        key: Primary key.
        added: Columns that are in no row of Mews.
        unfolded: Properties that the tap takes apart, into rows and added columns.
        parents: Streams that give the identifiers which a request needs.
        parents_a_request: Most of those identifiers in one request.
        time_filters: What windows can be asked for by.
        replication_key: Time that the filter looks at, where the row has it.
        same_for_every_token: Whether all hotels of the world share its rows.
        restricted: Whether Mews has to enable its operation.
        personal: Whether rows hold data of persons.
        selected_by_default: Whether it is, unless a catalog says otherwise.
        joins: What its identifiers name.
        note: What else is known.
    """

    name: str
    operation: str
    rows: str | None
    entity: str
    family: Family
    reading: Reading
    key: tuple[str, ...]
    added: dict[str, Property] = {}
    unfolded: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    parents_a_request: int | None = None
    time_filters: tuple[str, ...] = ()
    replication_key: str | None = None
    same_for_every_token: bool = False
    restricted: bool = False
    personal: bool = False
    selected_by_default: bool = False
    joins: tuple[Join, ...] = ()
    note: str | None = None

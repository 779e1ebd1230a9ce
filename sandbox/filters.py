"""What a request leaves of the rows of an operation, as the facts describe it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from facts import ENTITIES
from sandbox import parameters
from sandbox.answers import Refusal
from sandbox.body import MANY
from sandbox.clock import parse_utc
from sandbox.contract import Days, Interval, IntervalLimit, Span
from sandbox.store import CHAIN_ENTITIES, Row

if TYPE_CHECKING:
    import facts
    from sandbox.platform import Ask

Accept = Callable[[Row], bool]

_ACTIVITY = ("Active", "Deleted")


class Filters:
    """Takes the parameters of a request and narrows the rows by each of them.

    Attributes:
        given: the filters that the request has.
        updated: the interval in which rows were updated, if the request has one.
        shown: whether the extent asks for the rows at all.
    """

    def __init__(self, ask: Ask, operation: facts.Operation) -> None:
        """Take all parameters but the limitation."""
        self.given: set[str] = set()
        self.updated: Interval | None = None
        self.shown = True
        self._ask = ask
        self._operation = operation
        self._entity = ENTITIES[operation.entity]
        self._accepts: list[Accept] = []
        access = ask.platform.access
        self._owners = access.owners(ask.grant, operation.entity)
        self._scope()
        self._ids()
        access.permit_for(ask.entry.operation, operation.entity, self._owners)
        self._times()
        self._extent()
        self._others()
        self._deprecated()
        self._check_there_is_a_filter()

    def accept(self, row: Row) -> bool:
        """Whether a row passes."""
        return all(accept(row) for accept in self._accepts)

    def _scope(self) -> None:
        ask, operation, scope = self._ask, self._operation, self._operation.scope
        owners = self._owners
        if scope is None:
            self._accepts.append(lambda row: row.owner in owners)
            return
        if operation.entity in CHAIN_ENTITIES:
            for name in ("EnterpriseId", "EnterpriseIds"):
                # Seen: refused, not ignored.
                if ask.body.any(name) is not None:
                    ask.body.refuse(name)
        ids = ask.body.ids(scope.parameter, scope.most or MANY, required=scope.required)
        if scope.required_with_portfolio_token and not ask.grant.portfolio:
            ids = None
        elif scope.required_with_portfolio_token and ids is None:
            ask.body.refuse(scope.parameter)
        if ids is not None:
            if not owners.issuperset(ids):
                ask.body.refuse(scope.parameter)
            owners = self._owners = set(ids)
        self._accepts.append(lambda row: row.owner in owners)

    def _ids(self) -> None:
        scope, body = self._operation.scope, self._ask.body
        for name, most in self._operation.ids.items():
            if scope and name == scope.parameter:
                continue
            take = body.ids if name.endswith("Ids") else body.texts
            values = take(name, most or MANY, required=name in self._operation.required)
            if values is None:
                continue
            self.given.add(name)
            self._check_known(name, values)
            if name in self._operation.parents:
                self._narrow_owners(name, values)
            column = parameters.column(self._operation, name)
            if column:
                self._accepts.append(_having(column, values))

    def _check_known(self, name: str, ids: list[str]) -> None:
        """Refuse the whole request for one row that it names and nobody knows."""
        store, access = self._ask.platform.store, self._ask.platform.access
        entities = parameters.named_entities(self._operation, name)
        # What the hotels have no rows of could be anything.
        if not entities or not all(store.has(each) for each in entities):
            return
        reach = [
            (store.table(each).rows, access.owners(self._ask.grant, each))
            for each in entities
        ]
        for key in ids:
            if not any(key in rows and rows[key].owner in own for rows, own in reach):
                self._ask.body.refuse(name)

    def _narrow_owners(self, name: str, ids: list[str]) -> None:
        """A request under parents is one about those whose parents it names."""
        entities = parameters.named_entities(self._operation, name)
        is_of_chain = self._operation.entity in CHAIN_ENTITIES
        # what is by property under a chain's rows tells nothing
        if entities and all((e in CHAIN_ENTITIES) is is_of_chain for e in entities):
            store = self._ask.platform.store
            tables = [store.table(each).rows for each in entities]
            named = {t[key].owner for t in tables for key in ids if key in t}
            self._owners = self._owners & named

    def _times(self) -> None:
        body, operation = self._ask.body, self._operation
        included = self._ask.platform.limits.interval_end == "inclusive"
        for name, span in operation.time_filters.items():
            required = name in operation.required
            found: Interval | Days | None
            if parameters.is_by_day(operation, name):
                found = body.days(name, required=required)
            else:
                found = body.interval(name, end_included=included, required=required)
            if found is None:
                continue
            self.given.add(name)
            check_length(self._ask, found, Span.documented(span))
            self._narrow_by_time(name, found)

    def _narrow_by_time(self, name: str, found: Interval | Days) -> None:
        if isinstance(found, Days):
            self._accepts.append(lambda row: found.holds(str(row.data.get(name))))
        elif name == "UpdatedUtc":
            self.updated = found
            self._accepts.append(lambda row: found.holds(row.updated))
        elif name == "CollidingUtc":
            self._accepts.append(
                _touching(found, *parameters.own_time(self._operation))
            )
        else:
            self._accepts.append(_within(found, name))

    def _extent(self) -> None:
        operation, ask = self._operation, self._ask
        names = parameters.extents(operation)
        if "Extent" not in operation.parameters - {*operation.deprecated_parameters}:
            return
        required = "Extent" in operation.required
        flags = ask.body.flags("Extent", names, required=required)
        ask.entry.deprecated += [
            f"Extent.{name}"
            for name in flags
            if name in operation.lists and operation.lists[name].deprecated
        ]
        if "Inactive" in names and not flags.get("Inactive"):
            self._accepts.append(lambda row: bool(row.data["IsActive"]))
        if operation.rows in names:
            self.shown = flags.get(str(operation.rows), not (flags or required))

    def _others(self) -> None:
        operation = self._operation
        done = {"Extent", "Limitation", *operation.ids, *operation.time_filters}
        for name in dict.fromkeys((*operation.required, *operation.other)):
            if name in done:
                continue
            column = parameters.column(operation, name)
            members = self._entity.properties[column].values if column else ()
            if name == "IncludeDefault":
                self._default_product(name)
            elif name == "ActivityStates":
                self._by_members(name, _ACTIVITY, _activity)
            elif column and members:
                self._by_members(name, members, _value_of(column))
            else:
                # Documented, but nothing of the row can be compared with it.
                self._ask.body.any(name)

    def _default_product(self, name: str) -> None:
        if not self._ask.body.any(name) and "ProductIds" not in self.given:
            self._accepts.append(lambda row: not row.data.get("IsDefault"))

    def _by_members(
        self, name: str, members: tuple[str, ...], value: Callable[[Row], object]
    ) -> None:
        operation, body = self._operation, self._ask.body
        many = parameters.takes_many(operation, name)
        take = body.members if many else body.member
        asked = take(name, members, required=name in operation.required)
        shown = set(asked) if asked else None
        if asked is None:
            shown = parameters.shown_by_default(operation, name, members, self.given)
        if shown is not None:
            self._accepts.append(lambda row: value(row) in shown)

    def _deprecated(self) -> None:
        for name in self._operation.deprecated_parameters:
            # Accepted and without effect: what Mews advises against, nobody relies on.
            if self._ask.body.any(name) is not None:
                self._ask.entry.deprecated.append(name)

    def _check_there_is_a_filter(self) -> None:
        operation = self._operation
        some = {*operation.one_of} or {*operation.ids, *operation.time_filters}
        needed = operation.one_of or operation.at_least_one_filter
        if needed and not self.given & some:
            named = ", ".join(operation.one_of) or "the filters"
            raise Refusal(400, f"At least one of {named} is required.")


def check_length(ask: Ask, found: Interval | Days, most: Span | None) -> None:
    """Check that an interval is not longer than documented, nor than a knob says.

    Raises:
        Refusal: 400, it is.
    """
    if most and found.end > most.after(found.start):
        raise Refusal(400, IntervalLimit.named(str(most)).message)
    knob = ask.platform.limits.max_interval.get(ask.entry.operation)
    if knob is None:
        return
    limit = IntervalLimit.named(knob) if isinstance(knob, str) else knob
    if found.end > limit.span.after(found.start):
        raise Refusal(400, limit.message, breach=False)


def _having(column: str, values: list[str]) -> Accept:
    wanted = set(values)
    if not column.endswith("Id"):
        return lambda row: row.data.get(column) in wanted
    return lambda row: str(row.data.get(column)).lower() in wanted


def _within(interval: Interval, name: str) -> Accept:
    def accept(row: Row) -> bool:
        text = row.data.get(name)
        return bool(text) and interval.holds(parse_utc(str(text)))

    return accept


def _touching(interval: Interval, start: str, end: str) -> Accept:
    return lambda row: interval.touches(
        parse_utc(row.data[start]), parse_utc(row.data[end])
    )


def _value_of(column: str) -> Callable[[Row], object]:
    return lambda row: row.data.get(column)


def _activity(row: Row) -> str:
    active, state = row.data.get("IsActive"), row.data.get("ActivityState")
    if active is None and state:
        return str(state)
    # Some rows say it by the time alone.
    deleted = row.data.get("DeletedUtc") is not None if active is None else not active
    return "Deleted" if deleted else "Active"

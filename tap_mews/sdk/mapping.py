"""What the SDK's stream maps and flattening make of the streams of this tap.

It rests on private names, which `tests/test_sdk_hooks.py` watches.
"""

from __future__ import annotations

from collections import ChainMap
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simpleeval  # type: ignore[import-untyped]
from singer_sdk.helpers._flattening import flatten_key
from singer_sdk.mapper import CustomStreamMap, RemoveRecordTransform, _MapperEval

from tap_mews.errors import InvalidSettingsError
from tap_mews.settings.map_check import FAKE, Language, MappedStream
from tap_mews.settings.stream_maps import personal_properties

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk import Stream
    from singer_sdk.helpers._flattening import FlatteningOptions
    from singer_sdk.helpers.types import Record
    from singer_sdk.mapper import StreamMap
    from singer_sdk.singerlib.catalog import SelectionMask

FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (simpleeval.AttributeDoesNotExist, "a value has no such member or method"),
    (simpleeval.NumberTooHigh, "a value would become too large"),
    (simpleeval.IterableTooLong, "a value would become too long"),
    (simpleeval.InvalidExpression, "it uses what expressions do not support"),
    (LookupError, "a value has no such entry"),
    (ArithmeticError, "a number is divided by zero or too large"),
    (ValueError, "a value cannot be converted"),
    (TypeError, "a value has another type than the expression expects"),
    (AttributeError, "a value has another type than the expression expects"),
)
"""What goes wrong in expressions, in plain words; the first that fits counts."""

SCALARS = (str, int, float, Decimal, date, time, timedelta, bytes, type(None))
"""What an expression can make for a record, by itself or within others."""


KINDS: dict[str, set[type]] = {
    "string": {str, bytes, date, datetime, time, timedelta},
    "integer": {int},
    "number": {int, float, Decimal},
    "boolean": {bool},
    "array": {list, tuple, set},
    "object": {dict},
}
"""What values of a type in JSON Schema are; null is always allowed."""


class RowEvaluator(_MapperEval):
    """Evaluates the expressions of a map, one record after the other.

    A property that a record lacks is null. An error names the map, never the value.
    """

    def __init__(
        self,
        stream_map: CustomStreamMap,
        properties: Mapping[str, Any],
        declared: Mapping[str, Any],
        maps: Mapping[str, Any],
    ) -> None:
        """Evaluate for a map, whose evaluator this becomes.

        Args:
            stream_map: The map.
            properties: The schemas of those that records can have; the schema of the
                map itself lacks those that it removes.
            declared: The schemas of what the map makes, before it is flattened.
            maps: `stream_maps`, to find out where an expression stands.
        """
        super().__init__(functions=stream_map.functions)
        self._absent = dict.fromkeys((*properties, "self"))
        self._stream = stream_map.stream_alias
        self._maps = maps
        self._properties = properties
        self._declared = declared
        self._kinds = {
            name: _kinds(rule) for name, rule in declared.items() if "type" in rule
        }
        self._evaluate = stream_map._eval  # noqa: SLF001 - see the module
        stream_map.expr_evaluator = self
        stream_map._eval = self._typed  # type: ignore[method-assign] # noqa: SLF001

    names: Any

    def eval(self, expr: str, previously_parsed: Any = None) -> Any:  # noqa: ANN401
        """The value of an expression for the record whose values are `names`.

        Raises:
            InvalidSettingsError: It has none.
        """
        self.names = ChainMap(self.names, self._absent)
        try:
            value = super().eval(expr, previously_parsed)
        except Exception as error:  # noqa: BLE001 - an expression can raise whatever
            reason = _reason(error)
        else:
            if _is_data(value):
                return value
            reason = "its value is a function or module, not data"
        msg = f"{self._places(expr)} cannot be evaluated for a record: {reason}"
        raise InvalidSettingsError(msg)

    def _typed(
        self,
        expr: str,
        expr_parsed: ast.Expr,
        record: Record,
        property_name: str | None,
    ) -> Any:  # noqa: ANN401 - whatever an expression gives
        """The value of a property for a record, of the type that targets are told.

        Raises:
            InvalidSettingsError: It has none, or one of another type.
        """
        value = self._evaluate(expr, expr_parsed, record, property_name)
        kinds = self._kinds.get(property_name or "")
        if not property_name or kinds is None or type(value) in kinds:
            return value
        declared = self._declared[property_name]
        source = property_name if expr == "self" else expr
        if declared == self._properties.get(source):
            # a property as it is; `on_invalid_record` says what to do with its values
            return value
        name = " or ".join(_types(declared))
        msg = (
            f"{self._places(expr, property_name)} is declared as {name}, but its value "
            "for a record has another type; wrap the expression in int(), float(), "
            "bool() or str()"
        )
        raise InvalidSettingsError(msg)

    def _places(self, expr: str, property_name: str | None = None) -> str:
        """The stream, and where in the maps an expression stands."""
        places = [
            f"stream_maps.{name}.{column}"
            for name, definition in self._maps.items()
            if isinstance(definition, dict)
            for column, text in definition.items()
            if text == expr and property_name in {None, column}
        ]
        return f"{self._stream}: {' or '.join(places)}"


def _types(rule: Mapping[str, Any]) -> list[str]:
    """The types in a schema, without null."""
    types = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    return [each for each in types if each != "null"]


def _kinds(rule: Mapping[str, Any]) -> set[type]:
    return {type(None)}.union(*(KINDS[each] for each in _types(rule)))


def _reason(error: Exception) -> str:
    """Why an expression has no value, and what to do."""
    text = str(error)
    if isinstance(error, TypeError) and "decimal.Decimal" in text and "float" in text:
        return (
            "a decimal number cannot be combined with a fraction such as 1.1; wrap the "
            "property in float()"
        )
    kinds = (words for kind, words in FAILURES if isinstance(error, kind))
    return f"{next(kinds, type(error).__name__)}; properties can be null"


def _is_data(value: object) -> bool:
    """Whether a value can be written as JSON."""
    if isinstance(value, dict):
        return all(map(_is_data, value.values()))
    if isinstance(value, (list, tuple, set)):
        return all(map(_is_data, value))
    return isinstance(value, SCALARS)


def language() -> Language:
    """What the SDK's expressions may consist of."""
    sample = CustomStreamMap("", {}, {}, {}, None, {}, None)
    variables = {"config", "__stream_name__", "__original_stream_name__"}
    return Language(
        functions=sample.expr_evaluator.functions,
        kinds=sample.expr_evaluator.nodes,
        variables=variables | ({FAKE} if sample.fake else set()),
    )


def as_mapped(stream: Stream) -> MappedStream:
    """A stream as its maps see it; those of one that is not selected see all of it."""
    names = list(stream.effective_schema["properties"])
    out = [
        name
        for name in names
        if stream.selected and not stream.mask["properties", name]
    ]
    return MappedStream(
        name=stream.name,
        properties=[name for name in names if name not in out],
        deselected=out,
        personal=list(personal_properties(stream.schema)),
        keys=stream.primary_keys,
        is_selected=stream.selected,
    )


def hollow_objects(stream: Stream) -> list[str]:
    """The objects that are selected while none of their properties is, by path."""
    return list(_hollow(stream.effective_schema, stream.mask, ()))


def _hollow(
    schema: Mapping[str, Any], mask: SelectionMask, breadcrumb: tuple[str, ...]
) -> Iterator[str]:
    for name, rule in schema.get("properties", {}).items():
        place = (*breadcrumb, "properties", name)
        within = rule.get("properties")
        if not within or not mask[place]:
            continue
        if any(mask[(*place, "properties", each)] for each in within):
            yield from _hollow(rule, mask, place)
        else:
            yield ".".join(place[1::2])


def selected_rules(
    schema: Mapping[str, Any], mask: SelectionMask, breadcrumb: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A schema that takes any value in a property that is deselected.

    Args:
        schema: Of an object.
        mask: What is selected, by breadcrumb.
        breadcrumb: Of the object.
    """
    rules: dict[str, Any] = {}
    for name, rule in schema.get("properties", {}).items():
        place = (*breadcrumb, "properties", name)
        if not mask[place]:
            rules[name] = {}
        elif "properties" in rule:
            rules[name] = selected_rules(rule, mask, place)
        else:
            rules[name] = rule
    return {**schema, "properties": rules}


def check_output(maps: Iterable[StreamMap]) -> None:
    """Refuse streams that would mix, and those whose key is not in their schema."""
    names = set()
    for each in maps:
        if isinstance(each, RemoveRecordTransform):
            continue
        name = each.stream_alias
        if name in names or not isinstance(name, str):
            msg = f"stream_maps: more than one stream would be named {name}"
            raise InvalidSettingsError(msg)
        names.add(name)
        missing = {*(each.transformed_key_properties or ())}.difference(
            each.transformed_schema["properties"]
        )
        if missing:
            msg = (
                f"{name} would lose its key {', '.join(missing)}; increase "
                "flattening_max_key_length or set `__key_properties__`"
            )
            raise InvalidSettingsError(msg)


def columns_of(
    schema: Mapping[str, Any],
    options: FlatteningOptions,
    objects: dict[str, list[str]],
    parents: tuple[str, ...] = (),
) -> list[str]:
    """The columns that a schema is flattened to, as the SDK does it.

    Args:
        schema: Of an object.
        options: How it is flattened.
        objects: Takes the columns of each object in it, by the name that it has itself.
        parents: The names of the objects around it.
    """
    columns = []
    for name, rule in schema.get("properties", {}).items():
        key = flatten_key(
            name,
            list(parents),
            options.separator,
            max_key_length=options.max_key_length,
        )
        if (
            "object" in rule.get("type", ())
            and "properties" in rule
            and len(parents) < options.max_level
        ):
            objects[key] = columns_of(rule, options, objects, (*parents, name))
            columns += objects[key]
        else:
            columns.append(key)
    return columns

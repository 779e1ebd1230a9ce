"""What cannot be done of one stream map, by the names of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_mews.settings.expressions import RECORD, Expression
from tap_mews.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

KEPT = "_undocumented"
"""The property of a record that holds what Mews does not document, if it is kept."""

FAKE = "fake"
"""What stands in an expression for an optional package."""

REMOVED = (None, "__NULL__")
"""What a map says of what is not to go out."""

_OPTIONS = {"__alias__", "__else__", "__filter__", "__key_properties__", "__source__"}


@dataclass(frozen=True)
class MappedStream:
    """A stream as its maps see it.

    Attributes:
        name: Of the stream.
        properties: The names of those that records have.
        deselected: The names of those that the catalog leaves out.
        personal: The names of those with personal data, in themselves or within.
        keys: Its key.
        is_selected: Whether it is to be read.
    """

    name: str
    properties: Collection[str]
    deselected: Collection[str]
    personal: Collection[str]
    keys: Sequence[str]
    is_selected: bool


@dataclass(frozen=True)
class Language:
    """What expressions may consist of.

    Attributes:
        functions: The names that can be called.
        kinds: The kinds of parts, as in `ast`.
        variables: The names that stand for no property.
    """

    functions: Collection[str]
    kinds: Collection[type]
    variables: Collection[str]


class MapCheck:
    """Checks the maps of streams one by one; no expression is quoted."""

    def __init__(self, map_config: Mapping[str, Any], language: Language) -> None:
        """Take what expressions may use.

        Args:
            map_config: `stream_map_config`.
            language: What they may consist of.
        """
        self._config = map_config
        self._language = language

    def problems(
        self, where: str, options: Mapping[str, Any], streams: Sequence[MappedStream]
    ) -> Iterator[str]:
        """What cannot be done.

        Args:
            where: Names the map.
            options: The map.
            streams: The streams that it is about.
        """
        yield from _problems_of_options(where, options)
        yield from _problems_of_keys(where, options, streams)
        for column, text in options.items():
            place = f"{where}.{column}"
            if not column.strip() or not column.isprintable():
                yield f"{where} has a column without a readable name"
            elif not column.startswith("__"):
                yield from self._problems_of_column(place, column, text, streams)
            elif column == "__filter__" and isinstance(text, str):
                yield from self._problems_of_expression(place, text, streams)

    def _problems_of_column(
        self, where: str, column: str, text: object, streams: Sequence[MappedStream]
    ) -> Iterator[str]:
        if text in REMOVED:
            known = {KEPT, *(name for each in streams for name in each.properties)}
            known.update(name for each in streams for name in each.deselected)
            if column not in known:
                names = ", ".join(each.name for each in streams)
                yield (
                    f"{where} cannot be removed: there is no such property at the top "
                    f"level of {names}{did_you_mean(column, known)}"
                )
        elif not isinstance(text, str):
            yield f"{where} must be an expression, or __NULL__ to remove it"
        else:
            yield from self._problems_of_expression(where, text, streams, column)

    def _problems_of_expression(
        self,
        where: str,
        text: str,
        streams: Sequence[MappedStream],
        column: str | None = None,
    ) -> Iterator[str]:
        try:
            found = Expression.parse(text)
        except ValueError as error:
            yield f"{where} is {error}"
            return
        functions = set(self._language.functions)
        for kind in found.kinds.difference(self._language.kinds):
            yield f"{where} contains {kind.__name__}, which expressions do not support"
        for name in sorted(found.calls - functions):
            meant = did_you_mean(name, functions)
            yield f"{where} calls {name}, which is not a function{meant}"
        for key in sorted(found.config):
            if self._config.get(key) is None:
                yield f"{where} uses stream_map_config.{key}, which is not set"
        for stream in streams:
            known = {*stream.properties, *self._language.variables, *RECORD, *functions}
            known |= {"self"} if column in stream.properties else set()
            for name in sorted(found.names - known):
                if name == FAKE:
                    yield f"{where} uses {FAKE}, which requires the package faker"
                elif name in stream.deselected:
                    yield f"{where} uses {name}, which the catalog deselects"
                else:
                    missing = f"which {stream.name} does not have"
                    meant = did_you_mean(name, stream.properties)
                    yield f"{where} uses {name}, {missing}{meant}"


def _problems_of_options(where: str, options: Mapping[str, Any]) -> Iterator[str]:
    for option, value in options.items():
        if option.startswith("__") and option not in _OPTIONS:
            yield f"{where}.{option} is not an option{did_you_mean(option, _OPTIONS)}"
        elif option in {"__alias__", "__source__"}:
            is_name = isinstance(value, str) and value
            # the SDK evaluates an alias, and takes a plain name as it is
            if not is_name or (option == "__alias__" and not _is_expression(value)):
                yield f"{where}.{option} must be the name of a stream"
        elif option == "__filter__" and not isinstance(value, str | None):
            yield f"{where}.{option} must be an expression"
        elif option == "__else__" and value not in REMOVED:
            yield f"{where}.{option} must be __NULL__"


def _is_expression(text: str) -> bool:
    try:
        Expression.parse(text)
    except ValueError:
        return False
    return True


def _problems_of_keys(
    where: str, options: Mapping[str, Any], streams: Sequence[MappedStream]
) -> Iterator[str]:
    named = options.get("__key_properties__")
    is_list = isinstance(named, list) and all(isinstance(key, str) for key in named)
    if named is not None and not is_list:
        yield f"{where}.__key_properties__ must be a list of property names"
        return
    for stream in streams:
        for key in (named or ()) if "__key_properties__" in options else stream.keys:
            if options.get(key, key) in REMOVED:
                yield (
                    f"{where}.{key} cannot be removed: it is the key of {stream.name}, "
                    "unless `__key_properties__` names another one"
                )
            elif key not in stream.properties and key not in options:
                yield f"{where}: {stream.name} has no property {key} to use as key"

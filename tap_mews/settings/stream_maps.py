"""Stream maps, checked before anything is read.

They are there to keep guests' data back. The SDK passes over what a map names and the
tap does not have, so that data goes out as it is; here that is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from tap_mews.settings.expressions import RECORD, Expression
from tap_mews.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

PERSONAL_MARK = "Personal data."
"""Ends the description of a property that holds personal data."""

KEPT = "_undocumented"
"""The property of a record that holds what Mews does not document, if it is kept."""

FAKE = "fake"
"""What stands in an expression for an optional package."""

REMOVED = (None, "__NULL__")
"""What a map says of what is not to go out."""

EMPTY = "is empty and has no effect; Meltano drops null, use __NULL__ instead"
"""What a map is told that removes nothing, perhaps since null was dropped from it."""

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


class StreamMaps:
    """The maps of a config and the streams that they are about."""

    def __init__(
        self,
        maps: Mapping[str, Any],
        map_config: Mapping[str, Any],
        streams: Sequence[MappedStream],
        language: Language,
    ) -> None:
        """Take the settings.

        Args:
            maps: `stream_maps`.
            map_config: `stream_map_config`.
            streams: All streams of the tap.
            language: What expressions may consist of.
        """
        self._maps = maps
        self._config = map_config
        self._streams = streams
        self._language = language

    def problems(self) -> Iterator[str]:
        """What cannot be done, by the names of settings; no expression is quoted."""
        for name, definition in self._maps.items():
            where = f"stream_maps.{name}"
            if name == "__else__":
                if definition not in REMOVED:
                    yield f"{where} must be __NULL__"
            elif not isinstance(definition, dict) and definition not in REMOVED:
                yield f"{where} must be an object, or __NULL__ to remove the stream"
            else:
                yield from self._problems_of_map(where, name, definition)
        for stream in self._streams:
            if not stream.is_selected:
                continue
            yield from self._problems_of_overlap(stream)
            if KEPT in stream.properties:
                yield from self._problems_of_kept(stream)

    def _problems_of_overlap(self, stream: MappedStream) -> Iterator[str]:
        """Where the SDK would apply one map of several, and drop the others.

        All streams but some can be removed by a pattern, and those be named after it.
        """
        found = [
            name
            for name, definition in self._maps.items()
            if _source(definition) is None and fnmatch(stream.name, name)
        ]
        is_named = found[-1:] == [stream.name]
        if is_named and all(self._maps[name] in REMOVED for name in found[:-1]):
            return
        names = [f"stream_maps.{name}" for name in found]
        if len(names) > 1:
            yield (
                f"{' and '.join(names)} match {stream.name}, and only the last "
                "would be applied; merge them"
            )

    def _problems_of_kept(self, stream: MappedStream) -> Iterator[str]:
        """Where nothing is said of what nobody documents, and guests' data is near."""
        if {*stream.personal} <= {KEPT}:
            return
        for name, definition in self._outputs(stream):
            is_mapped = name in self._maps
            if is_mapped and KEPT not in definition and "__else__" not in definition:
                yield (
                    f"stream_maps.{name} must name {KEPT} of {stream.name}, which can "
                    "hold personal data: __NULL__ drops it, an expression changes "
                    f"it, `{KEPT}` keeps it"
                )

    def warnings(self) -> Iterator[str]:
        """Where personal data goes out beside what was made of it, and empty maps."""
        for name, definition in self._maps.items():
            if definition == {} and not self._is_kept_by(name):
                yield f"stream_maps.{name} {EMPTY}"
        for stream in self._streams:
            outputs = list(self._outputs(stream)) if stream.is_selected else []
            for name, definition in outputs:
                for column, text in _columns(definition).items():
                    used = _used(column, text, stream)
                    kept = sorted(
                        each
                        for each in used & set(stream.personal)
                        if any(_keeps(output, each) for _, output in outputs)
                    )
                    if kept:
                        yield (
                            f"stream_maps.{name}.{column} is derived from "
                            f"{', '.join(kept)} of {stream.name}: personal data that "
                            "is still emitted unchanged; set it to __NULL__ to remove "
                            "it"
                        )

    def _is_kept_by(self, name: str) -> bool:
        """Whether a map keeps a stream that another one would remove with others."""
        streams = [each.name for each in self._streams if fnmatch(each.name, name)]
        return "__else__" in self._maps or any(
            fnmatch(stream, other)
            for other, definition in self._maps.items()
            for stream in streams
            if definition in REMOVED
        )

    def with_keys(self) -> dict[str, Any]:
        """The maps, in which those that leave other properties out name the keys.

        The SDK keeps the keys in the records, as it says, and refuses their schema.
        """
        return {name: self._with_keys(name, each) for name, each in self._maps.items()}

    def _with_keys(self, name: str, definition: Any) -> Any:  # noqa: ANN401
        if not isinstance(definition, dict) or "__else__" not in definition:
            return definition
        keys = definition.get("__key_properties__", [])
        if "__key_properties__" not in definition:
            streams = self._matched(definition.get("__source__", name))
            keys = [key for each in streams for key in each.keys]
        return {key: key for key in keys or ()} | definition

    def _matched(self, source: object) -> list[MappedStream]:
        """The streams that a map is about: of these, those that are to be read."""
        if not isinstance(source, str):
            return []
        found = [each for each in self._streams if fnmatch(each.name, source)]
        return [each for each in found if each.is_selected] or found

    def _outputs(self, stream: MappedStream) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What goes out of a stream: names of maps, and the maps."""
        itself: tuple[str, Any] = (stream.name, {})
        if "__else__" in self._maps:
            itself = (stream.name, None)
        for name, definition in self._maps.items():
            source = _source(definition)
            if not fnmatch(stream.name, name if source is None else source):
                continue
            if source is None:
                itself = (name, definition)
            else:
                yield name, definition
        if itself[1] not in REMOVED:
            yield itself

    def _problems_of_map(
        self, where: str, name: str, definition: Mapping[str, Any] | str | None
    ) -> Iterator[str]:
        options = definition if isinstance(definition, dict) else {}
        source = options.get("__source__", name)
        streams = self._matched(source)
        if not streams:
            known = [stream.name for stream in self._streams]
            yield f"{where}: there is no stream {source}{did_you_mean(source, known)}"
            return
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
        self, where: str, column: str, text: object, streams: list[MappedStream]
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
        streams: list[MappedStream],
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


def personal_properties(schema: Mapping[str, Any]) -> Iterator[str]:
    """The properties at the top that hold personal data, in themselves or within."""
    for name, rule in schema.get("properties", {}).items():
        items = rule.get("items", {})
        within = [*personal_properties(rule), *personal_properties(items)]
        if within or rule.get("description", "").endswith(PERSONAL_MARK):
            yield name


def _source(definition: object) -> str | None:
    """The stream, or pattern, that a map makes a copy of, if it does."""
    if isinstance(definition, dict) and "__source__" in definition:
        return str(definition["__source__"])
    return None


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
    where: str, options: Mapping[str, Any], streams: list[MappedStream]
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


def _columns(definition: Mapping[str, Any]) -> dict[str, str]:
    """The expressions of a map by column."""
    return {
        column: text
        for column, text in definition.items()
        if not column.startswith("__") and text not in REMOVED
    }


def _used(column: str, text: str, stream: MappedStream) -> set[str]:
    """The properties that an expression makes something else of."""
    found = Expression.parse(text)
    used = set(found.names)
    if not used.isdisjoint(RECORD):
        used |= set(stream.properties)
    if "self" in used:
        used.add(column)
    return used - {column} if found.is_plain else used


def _keeps(definition: Mapping[str, Any], name: str) -> bool:
    """Whether a map lets a property out as it is."""
    if name not in definition:
        return "__else__" not in definition
    if definition[name] in REMOVED:
        return False
    found = Expression.parse(definition[name])
    return found.is_plain and found.names <= {name, "self"}

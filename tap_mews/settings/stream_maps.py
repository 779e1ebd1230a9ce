"""Stream maps, checked before anything is read.

They are there to keep guests' data back. The SDK passes over what a map names and the
tap does not have, so that data goes out as it is; here that is refused.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from tap_mews.settings.expressions import RECORD, Expression
from tap_mews.settings.map_check import KEPT, REMOVED, Language, MapCheck, MappedStream
from tap_mews.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PERSONAL_MARK = "Personal data."
"""Ends the description of a property that holds personal data."""

EMPTY = "is empty and has no effect; Meltano drops null, use __NULL__ instead"
"""What a map is told that removes nothing, perhaps since null was dropped from it."""

WITHOUT_KEY = (
    "is empty: without a key, the target appends a row each time it is delivered, "
    "instead of updating it"
)
"""What a map is told that takes the key."""


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
        self._streams = streams
        self._check = MapCheck(map_config, language)

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

    def _problems_of_map(
        self, where: str, name: str, definition: Mapping[str, Any] | str | None
    ) -> Iterator[str]:
        options = definition if isinstance(definition, dict) else {}
        source = options.get("__source__", name)
        streams = self._matched(source)
        if streams:
            yield from self._check.problems(where, options, streams)
        else:
            known = [stream.name for stream in self._streams]
            meant = did_you_mean(str(source), known)
            yield f"{where}: there is no stream {source}{meant}"

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
        """Empty maps, keys that are taken, and where personal data goes out.

        That is, beside what was made of it.
        """
        for name, definition in self._maps.items():
            if definition == {} and not self._is_kept_by(name):
                yield f"stream_maps.{name} {EMPTY}"
            if self._takes_key(name, definition):
                yield f"stream_maps.{name}.__key_properties__ {WITHOUT_KEY}"
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

    def _takes_key(self, name: str, definition: object) -> bool:
        """Whether a map leaves a stream that is read without a key."""
        return (
            isinstance(definition, dict)
            and not definition.get("__key_properties__", True)
            and any(
                stream.is_selected
                for stream in self._matched(definition.get("__source__", name))
            )
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

"""Catalogs of other tools, brought into the form that the SDK reads.

The SDK reads what it has written itself. It takes the text `false` for true, looks for
selection in the metadata alone, and lets the last of two entries win.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tap_mews.errors import InvalidFileError
from tap_mews.wording import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Json: TypeAlias = dict[str, Any]
Breadcrumb: TypeAlias = tuple[str, ...]
Method: TypeAlias = Literal["INCREMENTAL", "FULL_TABLE"]


class _Facts(msgspec.Struct, rename="kebab"):
    """What the metadata says of a stream or a property, as far as it matters here."""

    selected: bool | None = None
    selected_by_default: bool | None = None
    table_key_properties: list[str] | None = None
    replication_key: str | None = None
    replication_method: Method | None = None
    forced_replication_method: Method | None = None


class _Metadata(msgspec.Struct):
    breadcrumb: Breadcrumb
    metadata: _Facts


class _Node(msgspec.Struct):
    """A schema; old taps note in it what is selected."""

    selected: bool | None = None
    properties: dict[str, _Node] = {}
    items: Json = {}


class _Entry(msgspec.Struct):
    tap_stream_id: str = ""
    stream: str | None = None
    selected: bool | None = None
    key_properties: list[str] | None = None
    replication_key: str | None = None
    replication_method: Method | None = None
    schema: _Node | None = None
    metadata: list[_Metadata] | None = None


def read_catalog(
    document: object, known: Collection[str], sensitive: Collection[str] = ()
) -> Json:
    """Bring a catalog into the form that the SDK reads.

    Args:
        document: What the file holds; it is not changed.
        known: The names of the tap's streams.
        sensitive: The names of those that a setting leaves out.

    Returns:
        A catalog in which each stream stands once and all selection is metadata.

    Raises:
        InvalidFileError: It cannot be understood, or asks for what the tap has not.
    """
    if not isinstance(document, dict) or "streams" not in document:
        msg = "The catalog must be an object with a list of `streams`"
        if isinstance(document, dict) and "bookmarks" in document:
            msg += "; it holds a state: are --catalog and --state swapped?"
        raise InvalidFileError(msg)
    try:
        # not strict: the text `true` is true
        entries = msgspec.convert(document["streams"], list[_Entry], strict=False)
    except msgspec.ValidationError as error:
        msg = f"The catalog is invalid: {_with_names(str(error), document['streams'])}"
        raise InvalidFileError(msg) from None
    found: dict[str, Json] = {}
    for entry, raw in zip(entries, document["streams"], strict=True):
        name = entry.tap_stream_id or entry.stream
        if name is None:
            msg = "The catalog: an entry has no `tap_stream_id`"
            raise InvalidFileError(msg)
        if name in known and entry.stream not in {None, name}:
            msg = (
                f"The catalog: the entry for {name} has another name in `stream`; to "
                "rename a stream, set `__alias__` in stream_maps"
            )
            raise InvalidFileError(msg)
        folded = _folded(name, entry, raw)
        if found.setdefault(name, folded) != folded:
            msg = f"The catalog has two different entries for {name}; remove one"
            raise InvalidFileError(msg)
    strange = sorted(name for name in found.keys() - known if _is_selected(found[name]))
    if left_out := [name for name in strange if name in sensitive]:
        msg = (
            f"The catalog selects {', '.join(left_out)}, available only with "
            "sensitive_streams set to true"
        )
        raise InvalidFileError(msg)
    if strange:
        msg = (
            f"The catalog selects streams that do not exist: {', '.join(strange)}; "
            "--discover lists those that do"
        )
        raise InvalidFileError(msg)
    ours = [found[name] for name in found if name in known]
    _check_references(ours)
    return {"streams": ours}


def _with_names(text: str, entries: list[Any]) -> str:
    """What is wrong with an entry, with its name, if it has one, for its number."""

    def name(found: re.Match[str]) -> str:
        entry = entries[int(found[1])]
        names = entry if isinstance(entry, dict) else {}
        given = names.get("tap_stream_id") or names.get("stream")
        return given if isinstance(given, str) else f"streams[{found[1]}]"

    return re.sub(r"\$\[(\d+)\]", name, text, count=1).replace("`$", "`streams")


def _folded(name: str, entry: _Entry, raw: Json) -> Json:
    """An entry whose metadata says all that any part of it says about selection."""
    metadata: dict[Breadcrumb, Json] = {}
    given = zip(entry.metadata or (), raw.get("metadata") or (), strict=True)
    for each, raw_each in given:
        read = msgspec.to_builtins(each.metadata)
        said = {
            key: read.get(key, value)
            for key, value in raw_each["metadata"].items()
            if value is not None
        }
        _add(metadata, each.breadcrumb, said, name)
    for breadcrumb, selected in ((), entry.selected), *_noted(entry.schema):
        if selected is not None:
            _add(metadata, breadcrumb, {"selected": selected}, name)
    # what nothing is said about is selected, since it is in the catalog
    facts = metadata.setdefault((), {"selected": True})
    # discovery writes a method into the entry; the one in the metadata is the user's
    method = facts.get("replication-method", raw.get("replication_method"))
    changed = {"tap_stream_id": name, "replication_method": method}
    return {
        **{key: each for key, each in (raw | changed).items() if each is not None},
        "metadata": [
            {"breadcrumb": list(breadcrumb), "metadata": each}
            for breadcrumb, each in metadata.items()
        ],
    }


def _check_references(entries: list[Json]) -> None:
    """Refuse `$ref`: the SDK drops it, and so the type of the column.

    Raises:
        InvalidFileError: The schema of a stream that is selected has one.
    """
    for entry in filter(_is_selected, entries):
        for place in _references(entry.get("schema")):
            where = f" at {printable('.'.join(place))}" if place else ""
            msg = (
                f"The catalog: the schema of {entry['tap_stream_id']} has a `$ref`"
                f"{where}; replace it by the schema that it names"
            )
            raise InvalidFileError(msg)


def _references(part: object, place: Breadcrumb = ()) -> Iterator[Breadcrumb]:
    """Where a part of a schema has `$ref`; a property can have that name."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield place
        for key, each in part.items():
            yield from _references(each, (*place, key))
    elif isinstance(part, list):
        for number, each in enumerate(part):
            yield from _references(each, (*place, str(number)))


def _noted(
    node: _Node | None, breadcrumb: Breadcrumb = ()
) -> Iterator[tuple[Breadcrumb, bool | None]]:
    """What a schema says about selection."""
    if node is not None:
        yield breadcrumb, node.selected
        for name, below in node.properties.items():
            yield from _noted(below, (*breadcrumb, "properties", name))


def _add(
    metadata: dict[Breadcrumb, Json], breadcrumb: Breadcrumb, said: Json, name: str
) -> None:
    there = metadata.setdefault(breadcrumb, {})
    for key, value in said.items():
        if there.setdefault(key, value) != value:
            where = ".".join((name, *breadcrumb[1::2]))
            msg = f"The catalog has two different values for `{key}` of {where}"
            raise InvalidFileError(msg)


def _is_selected(entry: Json) -> bool:
    facts = next(e["metadata"] for e in entry["metadata"] if not e["breadcrumb"])
    return bool(facts.get("selected", facts.get("selected-by-default")))

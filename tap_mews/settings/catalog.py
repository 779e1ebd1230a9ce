"""Catalogs of other tools, brought into the form that the SDK reads.

The SDK reads what it has written itself. It takes the text `false` for true, looks for
selection in the metadata alone, and lets the last of two entries win.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from jsonschema import Draft202012Validator

from tap_mews.errors import InvalidFileError
from tap_mews.violations import describe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Json: TypeAlias = dict[str, Any]
Breadcrumb: TypeAlias = tuple[str, ...]

BOOLEANS = ("selected", "selected-by-default")

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_METHOD = {"enum": ["INCREMENTAL", "FULL_TABLE"]}
_BOOLEAN = {"type": "boolean"}
_METADATA = {
    "type": "object",
    "required": ["breadcrumb", "metadata"],
    "properties": {
        "breadcrumb": _TEXTS,
        "metadata": {
            "type": "object",
            "properties": {
                **dict.fromkeys(BOOLEANS, _BOOLEAN),
                "table-key-properties": _TEXTS,
                "replication-key": _TEXT,
                "forced-replication-method": _METHOD,
            },
        },
    },
}
_ENTRY = {
    "type": "object",
    "required": ["tap_stream_id"],
    "properties": {
        "tap_stream_id": _TEXT,
        "stream": _TEXT,
        "selected": _BOOLEAN,
        "key_properties": _TEXTS,
        "replication_key": _TEXT,
        "replication_method": _METHOD,
        "schema": {"type": "object"},
        "metadata": {"type": "array", "items": _METADATA},
    },
}
_ENTRIES = Draft202012Validator({"type": "array", "items": _ENTRY})


def read_catalog(document: object, known: Collection[str]) -> Json:
    """Bring a catalog into the form that the SDK reads.

    Args:
        document: What the file holds; it is not changed.
        known: The names of the tap's streams.

    Returns:
        A catalog in which each stream stands once and all selection is metadata.

    Raises:
        InvalidFileError: It cannot be understood, or asks for what the tap has not.
    """
    if not isinstance(document, dict) or "streams" not in document:
        msg = "The catalog must be an object with a list of `streams`"
        if isinstance(document, dict) and "bookmarks" in document:
            msg += "; it holds a state: are --catalog and --state exchanged?"
        raise InvalidFileError(msg)
    entries = _without_nulls(document["streams"])
    for error in _ENTRIES.iter_errors(entries):
        where = ".".join(str(part) for part in ("streams", *error.absolute_path))
        msg = f"The catalog: {where} {describe(error)}"
        raise InvalidFileError(msg)
    found: dict[str, Json] = {}
    for entry in entries:
        name = entry["tap_stream_id"]
        folded = _folded(entry)
        if found.setdefault(name, folded) != folded:
            msg = f"The catalog has two different entries for {name}; remove one"
            raise InvalidFileError(msg)
        if name in known and entry.get("stream", name) != name:
            msg = (
                f"The catalog: the entry for {name} has another name in `stream`; to "
                f"rename a stream, set `__alias__` in stream_maps"
            )
            raise InvalidFileError(msg)
    strange = sorted(name for name in found.keys() - known if _is_selected(found[name]))
    if strange:
        msg = f"The catalog selects what this tap does not have: {', '.join(strange)}"
        raise InvalidFileError(msg)
    return {"streams": [found[name] for name in found if name in known]}


def _without_nulls(value: object) -> Any:  # noqa: ANN401 - the same form
    """A copy in which what is null is not there, and booleans are booleans."""
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    copy = {
        # a schema stays as it is: there null can be a value
        key: each if key == "schema" else _without_nulls(each)
        for key, each in value.items()
        if each is not None
    }
    for key in BOOLEANS:
        if str(copy.get(key)).lower() in {"true", "false"}:
            copy[key] = str(copy[key]).lower() == "true"
    if "stream" in copy:
        copy.setdefault("tap_stream_id", copy["stream"])
    return copy


def _folded(entry: Json) -> Json:
    """An entry whose metadata says all that any part of it says about selection."""
    metadata: dict[Breadcrumb, Json] = {}
    for each in entry.get("metadata", ()):
        _add(metadata, tuple(each["breadcrumb"]), each["metadata"], entry)
    for breadcrumb, node in ((), entry), *_annotated(entry.get("schema", {})):
        if "selected" in node:
            said = _without_nulls({"selected": node["selected"]})
            _add(metadata, breadcrumb, said, entry)
    # what nothing is said about is selected, since it is in the catalog
    metadata.setdefault((), {"selected": True})
    return {
        **entry,
        "metadata": [
            {"breadcrumb": list(breadcrumb), "metadata": each}
            for breadcrumb, each in metadata.items()
        ],
    }


def _annotated(
    schema: Mapping[str, Any], breadcrumb: Breadcrumb = ()
) -> Iterator[tuple[Breadcrumb, Mapping[str, Any]]]:
    """The nodes of a schema; old taps note there what is selected."""
    yield breadcrumb, schema
    properties = schema.get("properties")
    for name, node in properties.items() if isinstance(properties, dict) else ():
        if isinstance(node, dict):
            yield from _annotated(node, (*breadcrumb, "properties", name))


def _add(
    metadata: dict[Breadcrumb, Json], breadcrumb: Breadcrumb, said: Json, entry: Json
) -> None:
    there = metadata.setdefault(breadcrumb, {})
    for key, value in said.items():
        if there.setdefault(key, value) != value:
            where = ".".join((entry["tap_stream_id"], *breadcrumb[1::2]))
            msg = f"The catalog says two different things about `{key}` of {where}"
            raise InvalidFileError(msg)


def _is_selected(entry: Json) -> bool:
    for each in entry["metadata"]:
        if not each["breadcrumb"]:
            said = each["metadata"]
            return bool(said.get("selected", said.get("selected-by-default")))
    return False

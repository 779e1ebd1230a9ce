"""Writes what an OpenAPI document says into the specification layer of the facts.

The overlay is kept by hand and never written. What only a page or a person can say,
such as what an identifier refers to, stays as it was.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, TypeAlias

from drift.comparison import parameters_of, reads
from drift.known import Known, spelled_out
from drift.renewed_entities import EntityRenewal
from drift.renewed_operations import renewed
from drift.skeletons import complete, draft
from facts.layout import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from drift.openapi import Document, Documented

Json: TypeAlias = dict[str, Any]

NEW = "new.json"
"""File for operations of a resource that the facts did not have."""


def renew(known: Known, document: Document, today: date) -> Iterator[str]:
    """Renew the specification layer, then the schemas.

    Yields:
        Lines that say what was written, and what is left to do by hand.
    """
    renewal = _Renewal(known, document, today)
    yield from renewal.write()
    known = Known(known.folder, known.schemas)
    for path in sorted(known.operations.keys() - document.operations.keys()):
        yield f"{path}: the document does not have it; take it out of both layers"
    yield from _documented_now(known)
    if left := list(_left_over(known)):
        yield from left
        yield "Then do the same again: the schemas are not renewed yet"
        return
    yield from complete(known)
    for path in renewal.new:
        yield draft(known, path)
        yield f"{path}: name its stream, or why there is none, in facts/overlay/"


class _Renewal:
    def __init__(self, known: Known, document: Document, today: date) -> None:
        self._folder = known.folder / "specification"
        self._today = today
        self._version = f"OpenAPI {today}"
        self._operations: Json = copy.deepcopy(known.operations)
        self._whole = {path: known.whole_entity(path) for path in known.operations}
        self._entities = EntityRenewal(known.entities, self._version)
        self._files = _files(self._folder)
        self.new: list[str] = []
        said = document.operations
        for path in self._operations.keys() & said.keys():
            self._entities.learn(self._lists(path), said[path].response)
        for path in sorted(said):
            if path in self._operations:
                self._take(path, said[path])
            elif reads(path):
                self._add(path, said[path])

    def _lists(self, path: str) -> dict[str, str | None]:
        """Name the entity of each list of a response; "" stands for all of it."""
        known = self._operations[path]
        lists = known.get("lists", {})
        entities = {name: each["entity"] for name, each in lists.items()}
        if known["rows"]:
            entities[known["rows"]] = known["entity"]
        return entities | {"": self._whole.get(path)}

    def _take(self, path: str, said: Documented) -> None:
        known = self._operations[path]
        is_whole = self._whole.get(path) is not None
        taken = renewed(path, known, said, self._today, is_whole=is_whole)
        for name, each in taken.get("lists", {}).items():
            each.setdefault("entity", self._entities.name_of(said.response[name]))
        if taken != known:
            taken["version"] = self._version
        self._operations[path] = taken
        for entity in self._entities.take(self._lists(path), said.response):
            self._files.setdefault(("entities", entity), self._file_of(path))

    def _add(self, path: str, said: Documented) -> None:
        """Take a new operation; its rows are the first list that it gives."""
        rows = next((n for n, each in said.response.items() if "items" in each), None)
        entity = self._entities.name_of(said.response[rows] if rows else {})
        base = {"page": said.page, "version": self._version, "rows": rows}
        self._operations[path] = {**base, "entity": entity, "paging": "no"}
        self._files["operations", path] = self._file_of(path)
        self._take(path, said)
        self.new.append(path)

    def _file_of(self, path: str) -> Path:
        """Give the file that has the operations of the same resource."""
        resource = path.partition("/")[0]
        files = (
            file
            for (_, name), file in self._files.items()
            if name.partition("/")[0] == resource
        )
        return next(files, self._folder / NEW)

    def write(self) -> Iterator[str]:
        """Write the files that differ."""
        layers = {"operations": self._operations, "entities": self._entities.entities}
        files: dict[Path, Json] = {}
        for (section, name), file in self._files.items():
            entries = files.setdefault(file, {}).setdefault(section, {})
            entries[name] = layers[section][name]
        for file, sections in sorted(files.items()):
            text = render(
                {name: dict(sorted(each.items())) for name, each in sections.items()}
            )
            if not file.exists() or file.read_text("utf-8") != text:
                file.write_text(text, "utf-8")
                yield f"written: {file}"


def _files(folder: Path) -> dict[tuple[str, str], Path]:
    """Say in which file of the specification layer each entry stands."""
    return {
        (section, name): file
        for file in sorted(folder.glob("*.json"))
        for section, entries in json.loads(file.read_text("utf-8")).items()
        for name in entries
    }


def _documented_now(known: Known) -> Iterator[str]:
    for entity, path, each in _overlay(known):
        is_said = path in dict(spelled_out(known.entities.get(entity, {})))
        if is_said and "documented" in each:
            where = f"facts/overlay/: {entity}.{path}"
            yield f"{where} is documented now; take `documented` and `seen` out"


def _left_over(known: Known) -> Iterator[str]:
    """Name what the overlay says of that which the specification does not have."""
    for entity, path, each in _overlay(known):
        is_said = path in dict(spelled_out(known.entities.get(entity, {})))
        if not is_said and not {"type", "shape"} & each.keys():
            yield f"facts/overlay/: {entity}.{path} is not documented; take it out"
    for path, each in sorted(known.overlay["operations"].items()):
        if path in known.operations:
            has = parameters_of(known.operations[path])
            for name in sorted(each.get("all_rows", {}).keys() - has):
                yield f"facts/overlay/: {path} has no {name}; take it out"


def _overlay(known: Known) -> Iterator[tuple[str, str, Json]]:
    for entity, paths in sorted(known.overlay["entities"].items()):
        for path, each in paths.items():
            yield entity, path, each

"""The parts of README.md and meltano.yml that the code knows; `make docs` renews them.

Cog runs these functions where the two files name them, and `tests/test_docs.py` fails
when what they give is not what stands there.
"""

from __future__ import annotations

import json
import re
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import yaml
from singer_sdk import Tap

from tap_mews.pages.companionships import COMPANIONSHIPS
from tap_mews.streams.base import MewsStream
from tap_mews.streams.bases import Replaced, Whole
from tap_mews.streams.exported import Exported
from tap_mews.streams.reservations import Companionships
from tap_mews.streams.series import Series
from tap_mews.tap import TapMews

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[1]

WHOLE = frozenset({"stream_maps", "stream_map_config"})
"""Objects whose keys are the user's own; the parts of other objects are settings."""


@dataclass(frozen=True)
class Setting:
    """A setting as the documents show it, with a dotted name if it is in an object."""

    name: str
    schema: Json
    is_required: bool
    is_ours: bool

    @property
    def kind(self) -> str:
        """What Meltano calls a value like this."""
        kinds = self.schema.get("type", "string")
        kind = (
            kinds if isinstance(kinds, str) else next(k for k in kinds if k != "null")
        )
        if "enum" in self.schema:
            return "options"
        if self.schema.get("format") == "date-time":
            return "date_iso8601"
        return "decimal" if kind == "number" else str(kind)

    @property
    def is_secret(self) -> bool:
        """Whether it must not be shown."""
        return bool(self.schema.get("secret"))


def about(tap: type[Tap] = TapMews) -> Json:
    """What `--about --format=json` prints."""
    printed = StringIO()
    with redirect_stdout(printed):
        tap.print_about("json")
    known: Json = json.loads(printed.getvalue())
    return known


@cache
def settings() -> tuple[Setting, ...]:
    """All settings, those that the SDK adds to every tap at the end."""

    class Bare(Tap):
        name = "bare"
        config_jsonschema: ClassVar[Json] = {"properties": {}}

    added = set(about(Bare)["settings"]["properties"])
    schema = about()["settings"]
    return tuple(
        Setting(name, rule, top in schema["required"], top not in added)
        for top, whole in schema["properties"].items()
        for name, rule in _parts(top, whole)
    )


def _parts(name: str, schema: Json) -> Iterator[tuple[str, Json]]:
    if name in WHOLE or not schema.get("properties"):
        yield name, schema
        return
    for part, rule in schema["properties"].items():
        yield from _parts(f"{name}.{part}", rule)


def settings_table() -> str:
    """The settings of the tap, for README.md."""
    return table(
        ("Setting", "Kind", "Default", "What it does"),
        [
            (
                f"`{each.name}`",
                _kind_in_words(each),
                _default_in_words(each),
                each.schema["description"],
            )
            for each in settings()
            if each.is_ours
        ],
    )


def sdk_settings_table() -> str:
    """The settings that the SDK adds to every tap, for README.md."""
    return table(
        ("Setting", "Kind", "What it does"),
        [
            (f"`{each.name}`", _kind_in_words(each), each.schema["description"])
            for each in settings()
            if not each.is_ours
        ],
    )


def _kind_in_words(setting: Setting) -> str:
    kind = setting.kind
    if kind == "options":
        return " or ".join(f"`{value}`" for value in setting.schema["enum"])
    if kind == "date_iso8601":
        return "date or date-time"
    if kind == "array":
        return "list"
    return f"{kind}, secret" if setting.is_secret else kind


def _default_in_words(setting: Setting) -> str:
    if setting.is_required:
        return "**required**"
    default = setting.schema.get("default")
    return "" if default is None else f"`{default}`"


def streams_table() -> str:
    """The streams, for docs/streams.md."""
    tap = TapMews(config={"sensitive_streams": True}, validate_config=False)
    return table(
        (
            "Stream",
            "Selected",
            "Contents",
            "Read through",
            "Key",
            "Bookmark",
            "Scope",
        ),
        [
            (
                f"`{stream.name}`",
                _selected(stream),
                _first_sentence(stream.schema["description"]),
                _operations(stream),
                ", ".join(f"`{key}`" for key in stream.primary_keys),
                _bookmark(stream),
                _scope(stream),
            )
            for stream in tap.streams.values()
            if isinstance(stream, MewsStream)
        ],
    )


def _selected(stream: MewsStream) -> str:
    if stream.is_sensitive:
        return "only with `sensitive_streams`"
    return "yes" if stream.selected_by_default else "no"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".")


def _operations(stream: MewsStream) -> str:
    pages = f"`{stream.operation.path}`"
    if isinstance(stream, Companionships):
        return f"{pages}, then `{COMPANIONSHIPS.path}`"
    if isinstance(stream, Exported):
        return f"`exports/add` of `{stream.entity_type}`, or {pages}"
    return pages


def _bookmark(stream: MewsStream) -> str:
    if isinstance(stream, (Whole, Replaced)):
        return "none: all rows in each run"
    if isinstance(stream, Series):
        return "none: the whole horizon in each run"
    key = stream.replication_key
    return f"`{key}`" if key else "end of the window: rows have no date"


def _scope(stream: MewsStream) -> str:
    selector = stream.operation.selector
    one = ", one in each request" if selector.most == 1 else ""
    if selector.parents is not None:
        return f"`{selector.parameter}` of `{selector.parents.path}`{one}"
    return f"{selector.of}{one}"


def commands_table() -> str:
    """What make can do, for README.md."""
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    commands = re.findall(r"^([a-z0-9-]+):.*## (.+)$", makefile, re.MULTILINE)
    return table(
        ("Command", "What it does"),
        [(f"`make {name}`", what) for name, what in commands],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |"
        for line in lines
    )


def meltano_capabilities() -> str:
    """What the tap can do, for meltano.yml."""
    return as_yaml(about()["capabilities"])


def required_in_meltano() -> list[list[str]]:
    """The groups of settings of which one must be set whole."""
    always = list(about()["settings"]["required"])
    return [[*always, each] for each in ("access_token", "access_tokens")]


def meltano_required() -> str:
    """The same, for meltano.yml."""
    return as_yaml(required_in_meltano())


def meltano_settings() -> str:
    """All settings, for meltano.yml."""
    return as_yaml(settings_in_meltano())


def settings_in_meltano() -> list[Json]:
    """All settings, as Meltano and its Hub describe them."""
    return [_in_meltano(each) for each in settings()]


def _in_meltano(setting: Setting) -> Json:
    schema = setting.schema
    entry: Json = {"name": setting.name, "kind": setting.kind}
    if setting.is_secret:
        entry["sensitive"] = True
    if "default" in schema:
        entry["value"] = schema["default"]
    if "enum" in schema:
        entry["options"] = [
            {"label": str(value), "value": value} for value in schema["enum"]
        ]
    title = schema.get("title")
    entry |= {"label": title} if title else {}
    return {**entry, "description": schema["description"]}


def as_yaml(value: object) -> str:
    """The text of a value in YAML, in the order of its keys."""
    return yaml.safe_dump(value, sort_keys=False, width=78).rstrip()

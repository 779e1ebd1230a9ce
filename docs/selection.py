"""What is read unless a user says otherwise, as patterns of Meltano's `select`.

Without a `select`, Meltano selects every stream, whatever the catalog says.
`make docs` writes these patterns into meltano.yml, hub/, examples/ and docs/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from docs.generated import as_yaml
from facts import STREAMS as FACTS
from facts.model import Family
from tap_mews.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = get_args(Family)
"""What an analyst tells streams apart by."""


def patterns() -> list[str]:
    """The streams that are selected by default, family by family."""
    return [
        f"{stream}.*" for family in FAMILIES for stream in _streams(family, chosen=True)
    ]


def meltano_select() -> str:
    """The patterns for meltano.yml, and those of all other streams as comments."""
    return "\n".join(_lines())


def short_select() -> str:
    """The patterns for the meltano.yml of an example."""
    return as_yaml(patterns())


def _lines() -> Iterator[str]:
    for family in FAMILIES:
        yield f"# {family}"
        yield from (f"- {name}.*" for name in _streams(family, chosen=True))
        yield from (f"# - {name}.*" for name in _streams(family, chosen=False))
    yield "# only with the setting sensitive_streams: cards, notes and free text"
    yield from (f"# - {each.name}.*" for each in STREAMS if each.is_sensitive)


def _streams(family: str, *, chosen: bool) -> list[str]:
    return [
        each.name
        for each in STREAMS
        if FACTS[each.name].family == family
        and not each.is_sensitive
        and each.selected_by_default is chosen
    ]

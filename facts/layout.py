"""How the files of the facts are written, so that a change reads as what changed."""

from __future__ import annotations

import json
import textwrap

WIDTH = 88


def render(value: object) -> str:
    """Give the text of a file: what fits into a line stands in one."""
    return _render(value, before=0) + "\n"


def _render(value: object, before: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if before + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        entries = ",\n".join(
            f"{json.dumps(name)}: {_render(entry, before=len(name) + 5)}"
            for name, entry in value.items()
        )
        return f"{{\n{textwrap.indent(entries, '  ')}\n}}"
    if all(isinstance(entry, str) and " " not in entry for entry in value):
        entries = textwrap.fill(line[1:-1], WIDTH, break_on_hyphens=False)
    else:
        entries = ",\n".join(_render(entry, before=3) for entry in value)
    return f"[\n{textwrap.indent(entries, '  ')}\n]"

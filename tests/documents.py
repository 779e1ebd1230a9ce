"""The documents, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from docs import generated

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[1]

DOCUMENTS = {
    name: (CHECKOUT / name).read_text("utf-8")
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        *(f"docs/{path.name}" for path in sorted((CHECKOUT / "docs").glob("*.md"))),
    )
}

README = DOCUMENTS["README.md"]

MELTANO: Json = yaml.safe_load((CHECKOUT / "meltano.yml").read_text("utf-8"))

EXTRACTOR: Json = MELTANO["plugins"]["extractors"][0]

ABOUT = generated.about()

SETTINGS = {each.name: each.schema for each in generated.settings()}


def section(title: str) -> str:
    """The text below a heading of README.md, or a page of docs/ with that title."""
    for name, text in DOCUMENTS.items():
        if name.startswith("docs/") and text.startswith(f"# {title}\n"):
            return text
    _, found, rest = README.partition(f"\n## {title}\n")
    assert found, title
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all Markdown tables in a text, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    found = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line, below in zip(lines, [*lines[1:], ""], strict=True)
        if not line.startswith("| ---") and not below.startswith("| ---")
    ]
    assert found
    return found


def quoted(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)

"""Rewrites the files of the facts in their layout."""

import json

from facts.layout import render
from facts.loading import FOLDER

for file in FOLDER.glob("*/*.json"):
    sections = {
        name: dict(sorted(entries.items()))
        for name, entries in json.loads(file.read_text("utf-8")).items()
    }
    file.write_text(render(sections), "utf-8")

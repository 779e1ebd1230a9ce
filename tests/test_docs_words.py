"""What documents quote, name and link to is there."""

from __future__ import annotations

import ast
import json
import re
from copy import deepcopy
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
import yaml
from singer_sdk.metrics import Metric

from docs import address
from docs.guests import MARK
from tap_mews import run
from tap_mews.metrics.usage import MewsMetric
from tap_mews.reading.bookmarks import EMPTY, Bookmarks
from tap_mews.reading.state_form import expanded, shortened
from tap_mews.streams.base import MewsStream
from tap_mews.tap import TapMews
from tests.documents import (
    ABOUT,
    CHECKOUT,
    DOCUMENTS,
    EXTRACTOR,
    MELTANO,
    README,
    SETTINGS,
    quoted,
    rows,
    section,
)

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = re.findall(
    r"^([a-z0-9-]+):.*## ", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE
)

each_document = pytest.mark.parametrize("name", DOCUMENTS)


def blocks(language: str) -> list[str]:
    """The code blocks in a language of README.md, and of what it begins."""
    text = README + section("A minute without Meltano")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return found


def prose(name: str) -> str:
    """A document without its code blocks."""
    return re.sub(r"^```.*?^```", "", DOCUMENTS[name], flags=re.MULTILINE | re.DOTALL)


def keys(value: object) -> set[str]:
    """The keys of all objects in a value."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


@cache
def code() -> dict[Path, str]:
    """The source of the tap, by file."""
    paths = (CHECKOUT / "tap_mews").rglob("*.py")
    return {path: path.read_text("utf-8") for path in paths}


@cache
def texts_in_code() -> frozenset[str]:
    """All texts in the tap, with `…` in the place of what is filled in."""
    found = set()
    for node in (
        each for text in code().values() for each in ast.walk(ast.parse(text))
    ):
        if isinstance(node, ast.JoinedStr):
            parts = (
                str(part.value) if isinstance(part, ast.Constant) else "…"
                for part in node.values
            )
            found.add("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(re.sub(r"%(?:s|d|\.\df)", "…", node.value))
    return frozenset(found)


def test_every_quoted_message_is_in_the_code() -> None:
    """Who searches README.md for what the tap says finds it."""
    messages = [
        text for row in rows(section("Troubleshooting")) for text in quoted(row[0])
    ]
    enabling = section("What Mews must enable")
    messages += [text for text in quoted(enabling) if text.startswith("ask ")]
    assert len({*messages}) == len(messages) > 1
    for message in messages:
        wanted = message.strip("…")
        assert len(wanted) > len("a few letters"), message
        assert any(wanted in text for text in texts_in_code()), message


def test_every_message_about_networks_is_in_the_code() -> None:
    """What docs/networks.md quotes, as README.md does."""
    table = DOCUMENTS["docs/networks.md"].partition("## What goes wrong")[2]
    for message in (text for row in rows(table) for text in quoted(row[0])):
        assert any(message.strip("…") in text for text in texts_in_code()), message


def test_named_operations_are_those_that_the_tap_calls() -> None:
    """Each operation in the text stands in the code."""
    operation = re.compile(r"[a-zA-Z]+/(add|getAll)(/[\d-]+)?")
    pages = prose("README.md") + prose("docs/how-a-run-works.md")
    named = {text for text in quoted(pages) if operation.fullmatch(text)}
    assert named
    assert named <= texts_in_code()


def test_words_with_underscores_are_settings_streams_or_keys() -> None:
    """A name that is gone from the code is gone from the documents."""
    tap = TapMews(config={"sensitive_streams": True}, validate_config=False)
    known = {*SETTINGS, *tap.streams, *keys(MELTANO), *keys(tap.catalog_dict)}
    known = known.union(*(keys(json.loads(example)) for example in blocks("json")))
    known |= keys(json.loads((CHECKOUT / "docs/report.schema.json").read_text("utf-8")))
    pools = (CHECKOUT / "examples/dagster/dagster.yaml").read_text("utf-8")
    known |= keys(yaml.safe_load(pools))
    known |= keys(yaml.safe_load((CHECKOUT / "dbt/dbt_project.yml").read_text("utf-8")))
    known |= {metric.value for names in (Metric, MewsMetric) for metric in names}
    known |= {"replication_key_value", *EMPTY}
    known |= {
        str(value) for rule in SETTINGS.values() for value in rule.get("enum", ())
    }
    known.add("metric_info")  # as the SDK's structured logging calls it
    known |= {"mews_database"}  # a variable of the dbt package without a default there
    words = {word for name in DOCUMENTS for word in quoted(prose(name))}
    assert {word for word in words if re.fullmatch(r"[a-z]+(_[a-z]+)+", word)} <= known


def test_words_to_search_for_personal_data_are_those_of_the_schemas() -> None:
    """`test_schemas.py` sees to it that they are there."""
    assert f"`{MARK}`" in section("What the rows tell, and what they cannot")


@pytest.mark.parametrize(
    ("words", "fact", "meant"),
    [
        ("The last five minutes", run.LAG, timedelta(minutes=5)),
        ("five and a half minutes", run.LAG + run.SKEW, timedelta(minutes=5.5)),
    ],
)
def test_numbers_in_words_are_those_of_the_code(
    words: str, fact: object, meant: object
) -> None:
    """What no table generates."""
    assert words in README + section("How a run works")
    assert fact == meant


def test_lowest_python_is_that_of_the_package() -> None:
    """README.md and CONTRIBUTING.md name it."""
    text = (CHECKOUT / "pyproject.toml").read_text("utf-8")
    (lowest,) = re.findall(r'^requires-python = ">=([\d.]+)"$', text, re.MULTILINE)
    for name in ("README.md", "CONTRIBUTING.md"):
        assert re.findall(r"Python (3[\d.]*\d)", prose(name)) == [lowest]


@each_document
def test_make_commands_exist(name: str) -> None:
    """Nobody is sent to a command that is gone."""
    command = re.compile(r"(?:`|^|with: )make ([a-z0-9]+)(?=`|$| -->)", re.MULTILINE)
    assert {*command.findall(DOCUMENTS[name])} <= {*TARGETS}


def test_options_in_the_commands_of_the_tap_exist() -> None:
    """In code blocks and in the text."""
    known = {option for each in TapMews.cli.params for option in each.opts}
    lines = "\n".join(blocks("sh")).replace("\\\n", " ").splitlines()
    lines += quoted("".join(map(prose, DOCUMENTS)))
    commands = [line for line in lines if re.search(r"(^|/)tap-mews --", line)]
    assert commands
    for command in commands:
        assert {*re.findall(r"--[a-z]+", command.partition("|")[0])} <= known


@each_document
def test_relative_links_and_named_files_exist(name: str) -> None:
    """Files, folders and headings are there."""
    for link in re.findall(r"\]\(([^)]+)\)", prose(name)):
        file, _, anchor = link.partition("#")
        if link.startswith("https://"):
            continue
        assert ((CHECKOUT / name).parent / file).exists(), link
        if anchor:
            page = name
            if file:
                meant = ((CHECKOUT / name).parent / file).resolve()
                page = meant.relative_to(CHECKOUT).as_posix()
            titles = re.findall(r"^#+ (.+)$", DOCUMENTS[page], re.MULTILINE)
            plain = (re.sub(r"[^\w\s-]", "", title.lower()) for title in titles)
            assert anchor in {title.replace(" ", "-") for title in plain}, link
    path = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|yml|md|txt|toml))")
    for text in quoted(prose(name)):
        assert not path.fullmatch(text) or (CHECKOUT / text).exists(), text


def test_examples_of_settings_are_taken() -> None:
    """config.json and the snippet for meltano.yml can be copied."""
    config, *_ = (json.loads(text) for text in blocks("json"))
    TapMews(config=config)
    (snippet,) = (yaml.safe_load(text) for text in blocks("yaml") if "plugins:" in text)
    (extractor,) = snippet["plugins"]["extractors"]
    assert {*config, *extractor["config"]} <= SETTINGS.keys()
    assert {*extractor["capabilities"]} <= {*ABOUT["capabilities"]}
    for each in extractor["settings"]:
        (known,) = (s for s in EXTRACTOR["settings"] if s["name"] == each["name"])
        assert each.items() <= known.items()


def test_example_of_a_state_is_one_of_ours() -> None:
    """It is read and written as it stands there, and rows below explain each key."""
    text = DOCUMENTS["docs/state.md"]
    (block,) = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    state = json.loads(block)
    tap = TapMews(config={"client_token": "a", "access_token": "b"})
    tap.load_state(deepcopy(state))
    for name, part in tap.state["bookmarks"].items():
        stream = tap.streams[name]
        assert isinstance(stream, MewsStream)
        bookmarks = Bookmarks(name, part, None, stream.write_bookmark)
        assert bookmarks.value
        assert bookmarks.known
        assert len(bookmarks.jobs) == 2
    assert shortened(expanded(state)) == state
    explained = {key for row in rows(text) for key in quoted(row[0])}
    itself = {*state["bookmarks"], *state["ids"], "bookmarks"}
    assert keys(state) - itself <= explained


def test_commands_take_the_repository_once_it_has_an_address() -> None:
    """It is set in one place; until then they work from a checkout."""
    host = "https://host.example/who/tap-mews"
    found = address.repository(["Changelog, https://x.example", f"Repository, {host}/"])
    assert found == host
    text = "".join(DOCUMENTS.values())
    assert "<this repository>" not in text
    told = address.published(text, found)
    assert address.CHECKOUT not in told
    for each in (
        f"pip install git+{host}\n",
        f"pip_url: git+{host}\n",
        f"--from-ref {host}/raw/HEAD/hub/tap-mews.yml",
        f"- git: {host}\n  subdirectory: dbt",
        f"'tap-mews[socks] @ git+{host}'",
    ):
        assert each in told


def test_changelog_has_a_place_for_what_is_next() -> None:
    """In the form of Keep a Changelog."""
    assert "\n## [Unreleased]\n" in DOCUMENTS["CHANGELOG.md"]


@each_document
def test_documents_name_no_place_of_one_machine(name: str) -> None:
    """No paths of a developer's disk."""
    assert not re.search(r"(?<![\w.])/(work|home|root|Users|tmp)/", DOCUMENTS[name])

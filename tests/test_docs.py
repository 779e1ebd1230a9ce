"""README.md, `--about`, meltano.yml and the code say the same."""

from __future__ import annotations

import subprocess
import sys

from tap_mews.tap import TapMews
from tests.documents import (
    ABOUT,
    CHECKOUT,
    DOCUMENTS,
    EXTRACTOR,
    MELTANO,
    SETTINGS,
    quoted,
    rows,
    section,
)
from tests.test_schemas import load

GENERATED = (
    "README.md",
    "meltano.yml",
    "hub/tap-mews.yml",
    "examples/analytics/meltano.yml",
    "examples/dagster/meltano.yml",
    *(n for n in DOCUMENTS if "docs/" in n),
)

REQUIRED = ABOUT["settings"]["required"]


def test_generated_parts_are_current() -> None:
    """`make docs` was run after the last change."""
    check = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "--diff", *GENERATED],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, f"run `make docs`\n{check.stdout}{check.stderr}"


def test_readme_lists_the_settings_of_about() -> None:
    """Names, defaults, what is required or secret, and descriptions."""
    ours, added = section("Settings").split("<summary>")
    listed = {quoted(row[0])[0]: row[1:] for row in rows(ours)}
    listed |= {quoted(row[0])[0]: [row[1], "", row[2]] for row in rows(added)}
    assert listed.keys() == SETTINGS.keys()
    for name, (kind, default, text) in listed.items():
        schema = SETTINGS[name]
        assert text == schema["description"], name
        assert ("secret" in kind) == schema.get("secret", False), name
        assert (default == "**required**") == (name in REQUIRED), name
        if name not in REQUIRED:
            assert quoted(default) == [str(schema[k]) for k in schema if k == "default"]
        if "enum" in schema:
            assert quoted(kind) == schema["enum"], name


def test_meltano_lists_the_settings_of_about() -> None:
    """All that Meltano can know of a setting, in the same order."""
    assert [each["name"] for each in EXTRACTOR["settings"]] == [*SETTINGS]
    for each in EXTRACTOR["settings"]:
        schema = SETTINGS[each["name"]]
        assert each["description"] == schema["description"], each
        assert each.get("label") == schema.get("title"), each
        assert each.get("value") == schema.get("default"), each
        assert each.get("sensitive", False) == schema.get("secret", False), each
        options = [option["value"] for option in each.get("options", ())]
        assert options == schema.get("enum", []), each


def test_kinds_in_meltano_are_those_of_the_values() -> None:
    """Meltano converts what it finds in the environment by the kind."""
    for each in EXTRACTOR["settings"]:
        schema = SETTINGS[each["name"]]
        if each["kind"] == "options":
            assert schema["enum"], each
        elif each["kind"] == "date_iso8601":
            assert schema["format"] == "date-time", each
        else:
            assert each["kind"] in schema.get("type", ["string"]), each
            assert not {"enum", "format"} & schema.keys(), each


def test_meltano_knows_what_is_required_and_what_the_tap_can_do() -> None:
    """What the Hub shows is what `--about` says."""
    groups = [[*REQUIRED, each] for each in ("access_token", "access_tokens")]
    assert EXTRACTOR["settings_group_validation"] == groups
    assert EXTRACTOR["capabilities"] == ABOUT["capabilities"]
    assert EXTRACTOR["name"] == EXTRACTOR["executable"] == ABOUT["name"]


def test_meltano_project_holds_no_secret() -> None:
    """Tokens and passwords come from the environment."""
    for plugin in (each for group in MELTANO["plugins"].values() for each in group):
        secret = [each for each in plugin["settings"] if each.get("sensitive")]
        assert not [each for each in secret if "value" in each]
        assert not {each["name"] for each in secret} & plugin.get("config", {}).keys()


def test_readme_lists_the_streams_that_are_discovered() -> None:
    """With their keys and bookmarks."""
    listed = {quoted(row[0])[0]: row for row in rows(section("Streams"))}
    catalog = TapMews(
        config={"sensitive_streams": True}, validate_config=False
    ).catalog_dict["streams"]
    assert [*listed] == [entry["stream"] for entry in catalog]
    for entry in catalog:
        *_, key, bookmark, _ = listed[entry["stream"]]
        assert quoted(key) == [*entry["key_properties"]]
        if not bookmark.startswith("none"):
            assert [*quoted(bookmark), None][0] == entry.get("replication_key")


def test_columns_that_show_deletions_are_in_the_schemas() -> None:
    """A row of that table is about streams, then about their properties."""
    page = section("What the rows tell, and what they cannot")
    told = page.partition("**Deletions and cancellations**")[2]
    for streams, columns in rows(told.partition("\n\nMews ")[0]):
        for stream in quoted(streams):
            assert load(stream)["properties"].keys() >= {*quoted(columns)}

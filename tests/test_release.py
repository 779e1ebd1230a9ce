"""A release is of one version, and made by actions that nobody can change."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from docs import generated
from tap_mews import __version__

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[1]
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
RELEASE: Json = yaml.safe_load(
    (CHECKOUT / ".github" / "workflows" / "release.yml").read_text("utf-8")
)

FIRST = "0.1.0"
"""The version that the changelog begins with, before it is released."""


def refuses(folder: Path, tag: str, told: str = "0.2.0") -> bool:
    """Run the step that looks at the tag, as the workflow does, on a built 0.2.0.

    Args:
        folder: An empty one.
        tag: Of the release.
        told: The version that the changelog tells of.
    """
    (step,) = (
        each
        for each in RELEASE["jobs"]["build"]["steps"]
        if "TAG" in each.get("env", {})
    )
    (folder / "dist").mkdir()
    (folder / "dist" / "tap_mews-0.2.0.tar.gz").touch()
    (folder / "CHANGELOG.md").write_text(f"## [{told}] - 2026-01-01\n", "utf-8")
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],  # noqa: S607 - as the workflow does
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "TAG": tag},
        capture_output=True,
        check=False,
    )
    return done.returncode != 0


def test_the_version_is_the_same_everywhere() -> None:
    assert metadata.version("tap-mews") == __version__
    assert generated.about()["version"] == __version__


def test_the_newest_version_of_the_changelog_is_that_of_the_package() -> None:
    text = (CHECKOUT / "CHANGELOG.md").read_text("utf-8")
    told = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert [*told, FIRST][0] == __version__


@pytest.mark.parametrize("tag", ["v0.2.0", "0.2.0"])
def test_a_tag_that_is_the_version_is_released(tmp_path: Path, tag: str) -> None:
    assert not refuses(tmp_path, tag)


@pytest.mark.parametrize("tag", ["v0.2.1", "0.2", "vv0.2.0", "v0.2.0; true", "latest"])
def test_a_tag_that_is_not_the_version_is_refused(tmp_path: Path, tag: str) -> None:
    assert refuses(tmp_path, tag)


def test_a_version_that_the_changelog_does_not_tell_of_is_refused(
    tmp_path: Path,
) -> None:
    assert refuses(tmp_path, "v0.2.0", told="0.1.0")


def test_nothing_is_published_but_what_was_built_and_checked() -> None:
    publish = RELEASE["jobs"]["publish"]
    assert publish["needs"] == "build"
    assert publish["if"] == "github.event_name == 'release'"
    used = [each["uses"].partition("@")[0] for each in publish["steps"]]
    assert used == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_each_action_is_pinned_and_its_version_is_told(path: Path) -> None:
    used = re.findall(r"^ *(?:- )?uses: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    assert used
    for each in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each

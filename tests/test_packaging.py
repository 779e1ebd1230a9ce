"""Every way to install the tap gives the same streams, wherever it is started.

Nothing here needs the internet: the distributions that this environment has
installed are packed into wheels again, and every installation gets its
dependencies from there, in an environment of its own. So a dependency that is
used but not declared is found as well.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from uv import find_uv_bin

import tap_mews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).parent.parent
IN_SDIST = {
    *(".ci", ".dockerignore", ".github", ".gitignore", "Dockerfile", "Makefile"),
    *("benchmarks", "dbt", "demo", "docs", "drift", "examples", "facts", "hub", "live"),
    *("sandbox", "schemas", "tap_mews", "tests"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"),
    *("PKG-INFO", "meltano.yml", "pyproject.toml"),
    *(path.name for path in CHECKOUT.glob("constraints*.txt")),
}
"""What stands at the top of the sdist."""

SCHEMAS = {path.name for path in (CHECKOUT / "schemas").glob("*.json")}


class Built(NamedTuple):
    """The files that a release consists of, and a wheel built from its sdist."""

    sdist: Path
    wheel: Path
    wheel_from_sdist: Path


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from this environment and from every registry."""
    inherited = {"PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: os.environ[name] for name in inherited & set(os.environ)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def uv(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path
) -> Callable[..., str]:
    """Run uv with nothing to install from but the wheelhouse."""
    cache = tmp_path_factory.mktemp("uv-cache")
    sources = ("--offline", "--no-index", "--find-links", wheelhouse)
    apart = ("--no-config", "--no-python-downloads", "--cache-dir", cache, "--quiet")

    def call(*arguments: str | Path, cwd: Path = CHECKOUT) -> str:
        return run(find_uv_bin(), *arguments, *sources, *apart, cwd=cwd)

    return call


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels of everything that building and running the tap needs."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    for distribution in installed_closure("tap-mews", "hatchling", "editables"):
        if canonicalize_name(distribution.name) != "tap-mews":
            repack(distribution, folder)
    return folder


def installed_closure(*roots: str) -> Iterator[metadata.Distribution]:
    """Give the installed distributions that these need, themselves included."""
    wanted = [Requirement(root) for root in roots]
    seen = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        distribution = metadata.distribution(name)
        if name not in seen:
            seen.add(name)
            yield distribution
        for line in distribution.requires or ():
            needed = Requirement(line)
            extras = ("", *requirement.extras)
            applies = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras
            )
            if applies and canonicalize_name(needed.name) not in seen:
                wanted.append(needed)


def repack(distribution: metadata.Distribution, folder: Path) -> None:
    """Write the wheel that a distribution was installed from, as far as needed."""
    description = distribution.read_text("WHEEL") or ""
    tags = re.findall(r"(?m)^Tag: ([^-\s]+)-([^-\s]+)-(\S+)$", description)
    tag = "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
    name = canonicalize_name(distribution.name).replace("-", "_")
    wheel = folder / f"{name}-{distribution.version}-{tag}.whl"
    left_out = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
    files = [
        file
        for file in distribution.files or ()
        if ".." not in file.parts
        and file.suffix != ".pyc"
        and not (file.parts[0].endswith(".dist-info") and file.name in left_out)
    ]
    info = next(file.parts[0] for file in files if file.match("*.dist-info/METADATA"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in files:
            archive.write(file.locate(), file.as_posix())
        archive.writestr(
            f"{info}/RECORD", "".join(f'"{file.as_posix()}",,\n' for file in files)
        )


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, uv: Callable[..., str]) -> Built:
    """Build as for a release: the sdist, and a wheel from each of the two sources."""
    folder = tmp_path_factory.mktemp("built")
    uv("build", "--wheel", "--out-dir", folder / "wheel")
    uv("build", "--out-dir", folder / "release")  # the sdist, then a wheel from it
    return Built(
        sdist=next((folder / "release").glob("*.tar.gz")),
        wheel=next((folder / "wheel").glob("*.whl")),
        wheel_from_sdist=next((folder / "release").glob("*.whl")),
    )


def contents(wheel: Path) -> dict[str, int]:
    """Give the checksum of every file in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_wheel_holds_every_schema(built: Built) -> None:
    in_wheel = {name for name in contents(built.wheel) if name.endswith(".json")}
    assert in_wheel == {f"tap_mews/schemas/{name}" for name in SCHEMAS}


def test_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    folders = {name.partition("/")[0] for name in contents(built.wheel)}
    assert folders == {"tap_mews", f"tap_mews-{tap_mews.__version__}.dist-info"}
    assert "tap_mews/py.typed" in contents(built.wheel)


def test_wheel_holds_the_license(built: Built) -> None:
    info = f"tap_mews-{tap_mews.__version__}.dist-info"
    (text,) = (
        zipfile.ZipFile(built.wheel).read(name)
        for name in contents(built.wheel)
        if name == f"{info}/licenses/LICENSE"
    )
    assert text == (CHECKOUT / "LICENSE").read_bytes()


def test_wheel_shows_the_readme(built: Built) -> None:
    info = f"tap_mews-{tap_mews.__version__}.dist-info"
    text = zipfile.ZipFile(built.wheel).read(f"{info}/METADATA").decode("utf-8")
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    assert text.partition("\n\n")[2].strip() == readme.strip()


def test_sdist_holds_what_make_needs_and_nothing_else(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        files = [Path(*Path(each.name).parts[1:]) for each in archive.getmembers()]
    assert {path.parts[0] for path in files} == IN_SDIST
    assert {path.name for path in files if path.parent == Path("schemas")} == SCHEMAS
    left = {path.suffix for path in files} & {".pyc", ".duckdb", ".env", ".log"}
    assert not left


def test_wheel_from_sdist_is_the_same_wheel(built: Built) -> None:
    assert contents(built.wheel_from_sdist) == contents(built.wheel)


def test_version_comes_from_the_package(built: Built) -> None:
    _, version, _, _ = parse_wheel_filename(built.wheel.name)
    assert str(version) == tap_mews.__version__


@pytest.mark.parametrize("source", ["wheel", "sdist", "wheel_from_sdist", "editable"])
def test_installation_discovers_all_streams_from_anywhere(
    source: str, built: Built, uv: Callable[..., str], tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    uv("venv", "--python", sys.executable, environment)
    what = ("-e", CHECKOUT) if source == "editable" else (getattr(built, source),)
    uv("pip", "install", "--python", environment / "bin" / "python", *what)

    home = CHECKOUT if source == "editable" else environment
    assert_discovers_all_streams(environment, home, tmp_path)


def test_uv_sync_discovers_all_streams_from_anywhere(
    uv: Callable[..., str], tmp_path: Path
) -> None:
    project = copy_for_uv(tmp_path / "project")
    uv("sync", "--python", sys.executable, cwd=project)

    assert_discovers_all_streams(project / ".venv", project, tmp_path)


def copy_for_uv(project: Path) -> Path:
    """Copy the project, less what a lock would have to find for development.

    uv locks every group and extra for every platform before it installs anything;
    the wheelhouse has only what the tap needs here.
    """
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("tap_mews", "schemas"):
        shutil.copytree(CHECKOUT / folder, project / folder, ignore=ignored)
    for file in ("README.md", "LICENSE"):
        shutil.copy(CHECKOUT / file, project)
    settings = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    for table in ("project.optional-dependencies", "dependency-groups"):
        settings = re.sub(rf"(?ms)^\[{re.escape(table)}\]$.*?(?=^\[)", "", settings)
    here = (
        f"python_full_version == '{platform.python_version()}'"
        f" and sys_platform == '{sys.platform}'"
        f" and platform_machine == '{platform.machine()}'"
    )
    settings += f'\n[tool.uv]\nenvironments = ["{here}"]\n'
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    return project


def assert_discovers_all_streams(environment: Path, home: Path, tmp_path: Path) -> None:
    """Start the tap in an empty folder: its own code, and every stream of ours."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    where = "import tap_mews; print(tap_mews.__file__)"
    file = run(environment / "bin" / "python", "-c", where, cwd=elsewhere).strip()
    assert Path(file).is_relative_to(home)

    ours = discover(sys.executable, "-m", "tap_mews", cwd=CHECKOUT)
    theirs = discover(environment / "bin" / "tap-mews", cwd=elsewhere)
    assert theirs == ours


def discover(*tap: str | Path, cwd: Path) -> dict[str, Any]:
    """Give the schema of every stream that a tap finds, and there is at least one."""
    catalog = json.loads(run(*tap, "--discover", cwd=cwd))
    schemas = {stream["stream"]: stream["schema"] for stream in catalog["streams"]}
    assert schemas
    return schemas

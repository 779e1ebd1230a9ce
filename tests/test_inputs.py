"""Files, pipes and variables are read once; what cannot be read is one line."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_mews.settings.inputs import parse
from tests.harness import Json, Result, command, run_process, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

SECRET = "s3cr3t-c0ffee"
TOKENS = {"client_token": f"{SECRET}-client", "access_token": f"{SECRET}-access"}
OPTIONS = ("--config", "--catalog", "--state")
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]

each_option = pytest.mark.parametrize("option", OPTIONS)


def document(option: str, config: Json) -> Json:
    """What a run takes with an option."""
    catalog = select("enterprises")
    return {"--config": config, "--catalog": catalog, "--state": {}}[option]


@pytest.fixture
def config(sandbox: Sandbox) -> Json:
    """Settings with a letter that no two encodings write alike."""
    return sandbox.config(extraction="pages", client_name="Über 1")


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """Makes pipes with a name, as a shell does for `<(…)`."""
    writers: list[threading.Thread] = []

    def made(content: bytes) -> Path:
        path = tmp_path / f"pipe-{len(writers)}"
        os.mkfifo(path)
        writers.append(threading.Thread(target=path.write_bytes, args=(content,)))
        writers[-1].start()
        return path

    yield made
    for writer in writers:
        writer.join()


def run(folder: Path, config: Json, option: str = "", path: str | Path = "") -> Result:
    """Run with the file of one option in another place."""
    arguments: list[str | Path] = []
    for each in OPTIONS:
        usual = folder / f"usual{each}.json"
        usual.write_text(json.dumps(document(each, config)), "utf-8")
        arguments += [each, path if each == option else usual]
    return command(*arguments)


def one_line(done: Result) -> str:
    """The line of a run that could not begin."""
    assert done.code == 1
    assert done.lines == []
    (line,) = done.errors
    assert "\n" not in line
    assert SECRET not in line
    return line


@each_option
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_may_be_in_any_encoding_that_json_can_have(
    sandbox: Sandbox, tmp_path: Path, config: Json, option: str, encoding: str
) -> None:
    path = tmp_path / "file.json"
    text = json.dumps(document(option, config), ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    done = run(tmp_path, config, option, path)
    assert done.code == 0
    assert len(done.records["enterprises"]) == 2
    asked = sandbox.journal.requests("enterprises/getAll")
    assert asked[0].body["Client"] == "Über 1"


@each_option
def test_a_pipe_is_read_once(
    config: Json, tmp_path: Path, fifo: Callable[[bytes], Path], option: str
) -> None:
    pipe = fifo(json.dumps(document(option, config)).encode())
    done = run(tmp_path, config, option, pipe)
    assert done.code == 0
    assert len(done.records["enterprises"]) == 2


def test_standard_input_is_a_file_too(config: Json, tmp_path: Path) -> None:
    for name in ("/dev/stdin", "-"):
        path = tmp_path / "catalog.json"
        path.write_text(json.dumps(select("enterprises")), "utf-8")
        done = run_process(
            "--config",
            name,
            "--catalog",
            path,
            folder=tmp_path,
            stdin=json.dumps(config),
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count('"RECORD"') == 2


BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "a line end": (b"\n", "is empty"),
    "half an object": (b'{"access_token": "' + SECRET.encode(), "is not JSON"),
    "an object and more": (b"{}\n{}\n", "more than one JSON document"),
    "latin-1": ('{"access_token": "é"}'.encode("latin-1"), "is not UTF-8 text"),
    "NaN": (b'{"page_size": NaN}', "NaN is not a JSON number"),
    "a key twice": (b'{"a": 1, "b": {"c": 1, "c": 2}}', "has the key 'c' twice"),
    "deep lists": (b"[" * 100_000, "nested too deeply"),
    "a long number": (b"9" * 5000, "more than 1000 digits"),
    "a list": (b"[1]", "must"),
    "a text": (f'"{SECRET}"'.encode(), "must"),
    "single quotes": (b"{'access_token': ''}", "is not JSON"),
    "binary": (bytes(range(256)), "is not"),
}


@each_option
@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_json_object_is_told_by_the_option(
    config: Json, tmp_path: Path, option: str, kind: str
) -> None:
    content, reason = BROKEN[kind]
    path = tmp_path / "broken"
    path.write_bytes(content)
    line = one_line(run(tmp_path, config, option, path))
    assert reason in line
    assert option.strip("-") in line


@each_option
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "Is a directory"),
        ("nowhere.json", "No such file"),
        ("config.json/file", "Not a directory"),
        ("x" * 300, "name too long"),
        ("null\0byte", "not a file name"),
        (json.dumps(TOKENS), "No such file"),
    ],
    ids=["folder", "missing", "below a file", "long name", "null byte", "content"],
)
def test_a_file_that_cannot_be_read_is_told_by_the_option(
    config: Json,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    name: str,
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.json").write_text("{}", "utf-8")
    line = one_line(run(tmp_path, config, option, name))
    assert reason in line
    assert option in line


def test_a_file_of_another_user_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("tap_mews.settings.inputs.open", refuse, raising=False)
    path = tmp_path / "config.json"
    line = one_line(command("--config", path))
    assert line == f"--config: {path} cannot be read (Permission denied)"


@each_option
def test_a_file_without_end_is_told(config: Json, tmp_path: Path, option: str) -> None:
    line = one_line(run(tmp_path, config, option, "/dev/zero"))
    assert line == f"{option}: /dev/zero has more than 64 MB"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--confg", "x"], "--confg"),
        (["--config"], "--config"),
        (["--about", "--format", "xml"], "--format"),
        (["--test=schemas"], "--test"),
        (["rest"], "rest"),
    ],
)
def test_a_wrong_option_is_one_line(arguments: list[str], word: str) -> None:
    assert word in one_line(command(*arguments))


@given(st.text() | st.binary())
def test_whatever_is_read_is_read_or_refused(text: str | bytes) -> None:
    try:
        parse(text)
    except ValueError as error:
        assert str(error).startswith(("is ", "has ", "contains "))  # noqa: PT017


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_all_json_is_read_as_it_was_written(value: object) -> None:
    assert parse(json.dumps(value)) == value


def test_what_is_printed_needs_no_more_than_ascii(tmp_path: Path) -> None:
    env = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    for arguments in (["--about", "--format=markdown"], ["--discover"], ["--help"]):
        done = run_process(*arguments, folder=tmp_path, env=env)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("locale", ["xx_YY", ["de_AT", "nowhere"]])
def test_a_locale_that_faker_does_not_have_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: object
) -> None:
    package, config = ModuleType("faker"), ModuleType("faker.config")
    config.AVAILABLE_LOCALES = ["de_AT"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faker", package)
    monkeypatch.setitem(sys.modules, "faker.config", config)
    monkeypatch.setattr("tap_mews.settings.rules.find_spec", lambda _: object())
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TOKENS, "faker_config": {"locale": locale}}), "utf-8")
    assert "faker_config.locale must be" in one_line(command("--config", path))


def test_unknown_variables_are_told(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAP_MEWS_ENTERPRISE_ID", sandbox.enterprise_ids[0])
    monkeypatch.setenv("TAP_MEWS__SELECT", '["bills.*"]')  # one of Meltano's
    monkeypatch.setenv("TAP_MEWS_LOGLEVEL", "INFO")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config()), "utf-8")
    done = command("--config", path, "--config", "ENV", "--test=schema")
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert told == ["WARNING TAP_MEWS_ENTERPRISE_ID is not a setting and has no effect"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("start_dat", "; did you mean start_date?"), ("colour", "")],
)
def test_an_unknown_setting_is_told_with_the_nearest_name(
    sandbox: Sandbox, tmp_path: Path, name: str, meant: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config(**{name: "2026-01-01"})), "utf-8")
    done = command("--config", path, "--test=schema")
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert told == [f"WARNING Unknown setting '{name}' has no effect{meant}"]


@pytest.mark.parametrize(
    ("order", "name"),
    [("ab", "b"), ("ba", "a"), ("abE", "environment"), ("Eab", "environment")],
)
def test_a_later_file_overrules_an_earlier_one_and_a_variable_all_of_them(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    name: str,
) -> None:
    monkeypatch.setenv("TAP_MEWS_CLIENT_NAME", "environment")
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(select("enterprises")), "utf-8")
    arguments: list[str | Path] = ["--catalog", catalog]
    for letter in order:
        path = tmp_path / f"{letter}.json"
        path.write_text(json.dumps(sandbox.config(client_name=letter)), "utf-8")
        arguments += ["--config", "ENV" if letter == "E" else path]
    assert command(*arguments).code == 0
    assert {each.body["Client"] for each in sandbox.journal.requests()} == {name}


def test_a_broken_dotenv_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_bytes('TAP_MEWS_CLIENT_NAME="Über"'.encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    assert ".env cannot be read" in one_line(command("--config", "ENV"))


@pytest.mark.parametrize("name", ["client_token", "access_token", "client_name"])
@pytest.mark.parametrize("padding", ["{}\n", "{}\r\n", " {}", "\t{} "])
def test_white_space_around_a_text_does_not_matter_and_is_told(
    sandbox: Sandbox, tmp_path: Path, name: str, padding: str
) -> None:
    config = sandbox.config(client_name="Nightly", extraction="pages")
    config[name] = padding.format(config[name])
    done = run(tmp_path, config)
    assert done.code == 0
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert told == [f"WARNING {name}: removed white space around the value"]
    sent = {each.body["Client"] for each in sandbox.journal.requests()}
    assert sent == {"Nightly"}


def test_identifiers_have_no_case_and_no_blanks(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    one, two = sandbox.enterprise_ids
    config = sandbox.config(
        enterprise_ids=[f" {one.upper()}", one, two.title()],
        chain_ids=[sandbox.chain_ids[0].upper()],
        extraction="pages",
    )
    assert run(tmp_path, config).code == 0


@pytest.mark.parametrize("name", ["enterprise_ids", "chain_ids"])
def test_what_the_token_does_not_reach_is_named(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    strangers = [f"11111111-2222-4333-8444-{n:012}" for n in range(7)]
    known = {
        "enterprise_ids": sandbox.enterprise_ids,
        "chain_ids": sandbox.chain_ids,
    }[name]
    config = sandbox.config(**{name: [*known, *strangers]}, extraction="pages")
    line = one_line(run(tmp_path, config))
    assert line.startswith(f"{name}: the access token has no access to {strangers[0]}")
    assert line.endswith(f"{strangers[4]} and 2 more")


def test_what_cannot_be_listed_is_taken_as_it_is(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    one = sandbox.enterprise_ids[0]
    config = sandbox.config(
        access_token=sandbox.access.single_property(one), enterprise_ids=[one]
    )
    sandbox.access.revoke("enterprises/getAll")
    path, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    path.write_text(json.dumps(config), "utf-8")
    catalog.write_text(json.dumps(select("bills")), "utf-8")
    done = command("--config", path, "--catalog", catalog)
    assert done.code == 0
    assert {row["EnterpriseId"] for row in done.records["bills"]} == {one}


def test_a_start_in_the_future_is_one_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(start_date="2030-01-01", extraction="pages")
    path, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    path.write_text(json.dumps(config), "utf-8")
    catalog.write_text(json.dumps(select("bills", "payments")), "utf-8")
    done = command("--config", path, "--catalog", catalog)
    assert done.code == 0
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert len(told) == 1
    assert "start_date is in the future" in told[0]


def test_a_wrong_token_is_one_short_line(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(access_token=f"{SECRET}-{'0' * 40}")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    line = one_line(command("--config", path))
    assert "access_token" in line
    assert len(line) < 300
    sandbox.journal.clear()  # a wrong token is a breach, too


MELTANO: dict[str, tuple[Json, str, str]] = {
    "a token whose name has a dot": (
        {"access_tokens": {"Prague": f"{SECRET}-1"}},
        f'{{"St. Moritz": "{SECRET}-2", "Prague": "{SECRET}-1"}}',
        "access_tokens must have names without dots; Meltano drops the others",
    ),
    "all tokens": (
        {"access_tokens": {}},
        f'{{"St. Moritz": "{SECRET}-2"}}',
        "access_tokens must have names without dots",
    ),
    "null for a property": (
        {"stream_maps": {"bills": {"Name": "md5(Name)"}}},
        '{"bills.Name": "md5(Name)", "bills.Notes": null}',
        "stream_maps.bills.Notes must be __NULL__; Meltano drops null",
    ),
    "nothing but null": (
        {"stream_maps": {}},
        '{"bills.__else__": null}',
        "stream_maps.bills.__else__ must be __NULL__",
    ),
}
"""What is left of settings in the file of Meltano, and its variable with all of it."""


@pytest.mark.parametrize("kind", MELTANO)
def test_what_meltano_dropped_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    settings, variable, words = MELTANO[kind]
    (name,) = settings
    access = {} if name == "access_tokens" else TOKENS
    path = tmp_path / "config.json"
    config = {"client_token": TOKENS["client_token"], **access, **settings}
    path.write_text(json.dumps(config), "utf-8")
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAMESPACE", "tap_mews__one")
    monkeypatch.setenv(f"TAP_MEWS_{name.upper()}", variable)
    assert words in one_line(command("--config", path))


@pytest.mark.parametrize(
    ("maps", "variable"),
    [
        ({"bills": {"Notes": None}}, '{"bills": {"Notes": null}}'),
        ({"bills": {"Notes": None}}, '{"bills.Notes": null}'),
        ({"bills": None}, '{"bills": null}'),
        ({"bills": {"Notes": "__NULL__"}}, '{"bills.Notes": "__NULL__"}'),
        ({"bills": {"Name": "Name"}}, "none"),
    ],
)
def test_what_meltano_did_not_drop_is_no_error(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    maps: Json,
    variable: str,
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config(stream_maps=maps)), "utf-8")
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAMESPACE", "tap_mews")
    monkeypatch.setenv("TAP_MEWS_STREAM_MAPS", variable)
    assert command("--config", path, "--test=schema").code == 0

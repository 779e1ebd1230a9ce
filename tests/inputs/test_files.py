"""Files and pipes are read once; what cannot be read is one line."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_mews.settings.inputs import parse
from tests.harness import Json, command, run_process, select
from tests.inputs.runs import OPTIONS, SECRET, TOKENS, document, one_line, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox import Sandbox


pytestmark = pytest.mark.days(8)

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]

each_option = pytest.mark.parametrize("option", OPTIONS)


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

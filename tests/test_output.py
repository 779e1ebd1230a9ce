"""Standard output that takes nothing, takes it slowly, or takes it when it pleases."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from typing import IO, TYPE_CHECKING

import pytest
from singer_sdk.singerlib import StateMessage

from sandbox.processes import running
from tap_mews.records.writer import MessageWriter
from tests.export_harness import truth
from tests.harness import Json, Result, records_by_id, select

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

BILLS = select("bills")

PIPE_BYTES = 4096

PATIENCE = 60


def command(folder: Path, config: Json) -> list[str]:
    """The command line of a run that reads bills."""
    arguments = []
    for name, content in (("config", config), ("catalog", BILLS)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
        arguments += [f"--{name}", str(path)]
    return [sys.executable, "-m", "tap_mews", *arguments]


@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">/dev/full", "Standard output cannot be written to: No space left"),
        (">&-", "There is no standard output"),
        ("1</dev/null", "Standard output cannot be written to: Bad file descriptor"),
    ],
    ids=["full", "closed", "not for writing"],
)
def test_an_output_that_takes_nothing_is_told_in_one_line(
    sandbox_today: Sandbox, tmp_path: Path, redirection: str, words: str
) -> None:
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh"]
    done = subprocess.run(
        [*shell, *command(tmp_path, sandbox_today.config())],
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if "| INFO " not in line]
    assert len(told) == 1
    assert words in told[0]


def test_a_catalog_for_nobody_is_told_in_one_line(tmp_path: Path) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh"]
    done = subprocess.run(
        [*shell, *command(tmp_path, {}), "--discover"],
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "There is no standard output" in line


@contextmanager
def started(
    folder: Path, config: Json, *, holds: int = PIPE_BYTES, blocks: bool = True
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Start a run that writes into a pipe, and give the end that is read."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, holds)
    os.set_blocking(writer, blocks)
    with (
        os.fdopen(reader, "rb") as output,
        running(
            command(folder, config),
            end_with=signal.SIGKILL,
            stdout=writer,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        os.close(writer)
        yield process, output


def read_to_the_first_record(output: IO[bytes]) -> None:
    """Read until records come, and then no more: the pipe is too short for them."""
    came = b""
    while b'"RECORD"' not in came:
        came += os.read(output.fileno(), PIPE_BYTES)


@pytest.mark.days(30)
def test_an_output_that_does_not_block_gets_every_row(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Some programs set the pipes that they make for others so."""
    with started(tmp_path, sandbox.config(), blocks=False) as (process, output):
        result = Result(output.read().splitlines())
        assert process.wait(PATIENCE) == 0
    assert records_by_id("bills", result) == truth(sandbox, "bills")
    assert len(result.records["bills"]) > PIPE_BYTES / 1000


@pytest.mark.parametrize(
    ("made", "becomes"), [(1 << 16, 1 << 20), (PIPE_BYTES, PIPE_BYTES)]
)
def test_a_pipe_holds_more_unless_its_maker_has_set_what_it_holds(
    sandbox: Sandbox, tmp_path: Path, made: int, becomes: int
) -> None:
    with started(tmp_path, sandbox.config(), holds=made) as (process, output):
        read_to_the_first_record(output)
        assert fcntl.fcntl(output, fcntl.F_GETPIPE_SZ) == becomes
        output.read()
        assert process.wait(PATIENCE) == 0


def test_a_second_signal_ends_a_run_whose_target_does_not_read(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with started(tmp_path, sandbox.config()) as (process, output):
        read_to_the_first_record(output)
        process.send_signal(signal.SIGTERM)
        told = process.stderr
        assert told is not None
        for line in told:
            if b"Signal 15: stopping" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        assert b"Traceback" not in told.read()


def test_a_stop_that_got_lost_ends_the_run_at_the_next_message(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """As where the signal arrives in a destructor, whose exceptions Python ignores."""
    writer = MessageWriter()
    with suppress(SystemExit):
        writer.stop(143)
    with pytest.raises(SystemExit, match="143"):
        writer.write_message(StateMessage(value={}))
    assert capfd.readouterr().out == ""


def test_the_last_state_goes_out_while_a_stop_ends_the_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    writer = MessageWriter()

    def clean_up() -> Generator[None, None, None]:
        try:
            yield
        finally:
            writer.write_message(StateMessage(value={"bookmarks": {}}))

    running = clean_up()
    next(running)
    with pytest.raises(SystemExit, match="143"), closing(running):
        writer.stop(143)
    assert json.loads(capfd.readouterr().out)["type"] == "STATE"

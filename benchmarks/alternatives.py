"""`python -m benchmarks.alternatives`: choices of the tap against what they replaced.

Each variant of the tap is the tap after a line of Python. All take turns, so that what
else this machine does slows all of them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import orjson
import pcre2  # type: ignore[import-untyped]

from benchmarks.batch_lane import batch_config
from benchmarks.hotels import serving
from benchmarks.record_lane import spooled
from benchmarks.rows import ENTITIES, Rows
from benchmarks.runs import CHECKOUT, PYTHON
from benchmarks.sides import tap_side
from benchmarks.tables import machine, middle, print_table, rate
from benchmarks.undocumented import TEN, Undocumented
from tap_mews.records.fast_path import compile_fast_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.runs import Run, Side

ROWS = 5_000

CUT = rb',"(?:%b)":(?:"[^"\\]*"|\{[^{}]*\}|[^]["{},]+)(?=[,}])'

LOTS = "from tap_mews.exports import reader; reader.ROWS_BYTES = {}"

PIPE = (
    "import fcntl; from tap_mews.records import writer; "
    "fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, {0}); writer.WRITE_BYTES = {0}"
)

RECORD_LANE = {
    "as it is: lots of 256 KB": "pass",
    "lots of 64 KB": LOTS.format(1 << 16),
    "lots of 1 MB": LOTS.format(1 << 20),
    "lots of 8 MB": LOTS.format(1 << 23),
    "pipe of 1 MB, written at once": PIPE.format(1 << 20),
    "writes of 1 MB into the usual pipe": (
        "from tap_mews.records import writer; writer.WRITE_BYTES = 1 << 20"
    ),
    "no garbage collection": "import gc; gc.disable()",
}

LEVEL = "from tap_mews.records import batch_files; batch_files.GZIP_LEVEL = {}"

SAME_THREAD = (
    "from isal import igzip; from tap_mews.records import batch_files; "
    "level = batch_files.GZIP_LEVEL; "
    "batch_files._compressed = lambda raw: igzip.open(raw, 'wb', level)"
)

ZLIB = (
    "import gzip; from tap_mews.records import batch_files; "
    "batch_files._compressed = lambda raw: gzip.open(raw, 'wb', {})"
)

BATCH_LANE = {
    "as it is: isal, level 1, in a thread": "pass",
    "isal, level 0": LEVEL.format(0),
    "isal, level 2": LEVEL.format(2),
    "isal, level 1, in the same thread": SAME_THREAD,
    "zlib, level 1": ZLIB.format(1),
    "zlib, level 6": ZLIB.format(6),
}


def compare_decoders(rows: Rows, repeat: int) -> None:
    """Microseconds to parse and check one row; the best of some rounds."""
    table = []
    for stream in ("order_items", "reservations", "customers"):
        text = (CHECKOUT / "schemas" / f"{stream}.json").read_text("utf-8")
        schema: dict[str, Any] = json.loads(text)
        is_valid = jsonschema_rs.validator_for(_strict(schema)).is_valid
        msgspec_json = msgspec.json.Decoder().decode
        decoders: dict[str, Callable[[bytes], object]] = {
            "msgspec, typed (the fast path)": compile_fast_path(schema),
            "msgspec, untyped, not checked": msgspec_json,
            "orjson, not checked": orjson.loads,
            "orjson + jsonschema-rs": lambda row, valid=is_valid: valid(  # type: ignore[misc]
                orjson.loads(row)
            ),
            "json, not checked": json.loads,
        }
        lines = list(rows.lines(ENTITIES[stream], ROWS))
        best = dict.fromkeys(decoders, float("inf"))
        for _ in range(repeat):
            for name, decode in decoders.items():
                best[name] = min(best[name], _seconds(decode, lines))
        table.append([stream, *(f"{best[name] / ROWS * 1e6:.1f}" for name in decoders)])
    print_table(
        f"Parsing and checking a row, microseconds, the best of {repeat}",
        ("stream", *decoders),
        table,
    )


def compare_cuts(rows: Rows, repeat: int) -> None:
    """Microseconds to cut ten undocumented properties out of a row; the best of some.

    The pattern is simpler than that of the tap, which `re` cannot compile.
    """
    table = []
    for stream in ("order_items", "reservations", "customers"):
        text = (CHECKOUT / "schemas" / f"{stream}.json").read_text("utf-8")
        lines = list(rows.lines(ENTITIES[stream], ROWS, Undocumented(TEN)))
        names = json.loads(lines[0]).keys() - json.loads(text)["properties"].keys()
        pattern = CUT % "|".join(sorted(names)).encode()
        many = [b"\n".join(lines[at : at + 500]) for at in range(0, ROWS, 500)]
        cuts = {
            "PCRE2, 500 rows at once": (pcre2.compile(pattern).sub, many),
            "PCRE2, row by row": (pcre2.compile(pattern).sub, lines),
            "re, 500 rows at once": (re.compile(pattern).sub, many),
            "re, row by row": (re.compile(pattern).sub, lines),
        }
        best = dict.fromkeys(cuts, float("inf"))
        for _ in range(repeat):
            for name, (cut, texts) in cuts.items():
                best[name] = min(best[name], _seconds(partial(cut, b""), texts))
        table.append([stream, *(f"{best[name] / ROWS * 1e6:.1f}" for name in cuts)])
    print_table(
        f"Cutting ten properties out of a row, microseconds, the best of {repeat}",
        ("stream", *cuts),
        table,
    )


def _seconds(decode: Callable[[bytes], object], lines: list[bytes]) -> float:
    began = time.process_time()
    for line in lines:
        decode(line)
    return time.process_time() - began


def _strict(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The schema, refusing what it does not know, as the decode does."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        strict.setdefault("additionalProperties", False)
    return strict


def compare_taps(
    title: str, folder: Path, side: Side, variants: dict[str, str], count: int, *,
    repeat: int, path: Path
) -> None:  # fmt: skip
    """Rows a second of each variant.

    Args:
        title: Of the table.
        folder: Holds the spool, and files that may go.
        side: The tap.
        variants: The line that comes before it.
        count: Rows.
        repeat: Rounds.
        path: The export file.
    """
    runs: dict[str, list[Run]] = {name: [] for name in variants}
    for _ in range(repeat):
        for name, line in variants.items():
            program = f"{line}\nfrom tap_mews.tap import TapMews; TapMews.cli()"
            command = [PYTHON, "-c", program, *side.command[3:]]
            varied = spooled(replace(side, command=command), folder / "spool", path)
            runs[name].append(varied.run())
            shutil.rmtree(folder / "batches", ignore_errors=True)
    print_table(
        f"{title}, {count:,} order items, {repeat} rounds",
        (
            "variant",
            "rows a second",
            "the best",
            "seconds of processor time",
            "peak MB",
        ),
        [
            [
                name,
                rate(count, middle(run.emitting for run in seen)),
                rate(count, min(run.emitting for run in seen)),
                f"{min(run.processor for run in seen):.2f}",
                f"{max(run.peak for run in seen):.0f}",
            ]
            for name, seen in runs.items()
        ],
    )


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alternatives")
    parser.add_argument("--repeat", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--rows", type=int, default=200_000, help="(default: 200000)")
    options = parser.parse_args()
    print(machine())
    rows = Rows()
    compare_decoders(rows, 3 * options.repeat)
    compare_cuts(rows, 3 * options.repeat)
    with tempfile.TemporaryDirectory(prefix="tap-mews-bench-") as name:
        folder = Path(name)
        (folder / "spool").mkdir()
        path = rows.write(folder / "rows.jsonl", "OrderItem", options.rows)
        with serving({"OrderItem": path}) as config:
            config["spool_directory"] = str(folder / "spool")
            compare_taps(
                "RECORD lane", folder, tap_side(folder, config, "order_items"),
                RECORD_LANE, options.rows, repeat=options.repeat, path=path,
            )  # fmt: skip
            config["batch_config"] = batch_config(folder / "batches", "gzip")
            compare_taps(
                "BATCH with gzip", folder, tap_side(folder, config, "order_items"),
                BATCH_LANE, options.rows, repeat=options.repeat, path=path,
            )  # fmt: skip


if __name__ == "__main__":
    main()

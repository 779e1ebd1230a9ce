"""The state as it is written, and as the tap works with it.

Written, it is short: a list of enterprises stands in it once, under a name made of its
contents, and exports that follow each other leave out what follows. `docs/state.md`
describes it for who has to read one.

    {"format": 2,
     "ids": {"5c2fe85c2ef57768": ["…", "…"]},
     "bookmarks": {
       "bills": {"replication_key_value": "2026-03-01T00:00:00Z",
                 "of": "5c2fe85c2ef57768", "covers": null,
                 "jobs": [["…", "2026-03-02T00:00:00Z"]], "exports": []}}}

States are merged key by key, so a name that says what a list holds cannot come to stand
for another one. `covers` and `exports` are what the first release wrote: empty, they
let it go on from the bookmark; with something in them, they are its own and count.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import Any, TypeAlias

from tap_mews.errors import InvalidStateError
from tap_mews.timestamps import ONE_DAY, format_moment, parse_moment
from tap_mews.wording import printable

Json: TypeAlias = dict[str, Any]

FORMAT = 2
"""Of the states that are written; 0.1 wrote no number."""

APART = ("joining", "left")
"""Where enterprises stand that are not where the others are."""

LISTS = ("ids", "through")
"""What a group of them lists."""

FEW = 20
"""Enterprises that join and are named one by one, as 0.1 can read it."""


def shortened(state: Json) -> Json:
    """The state as it is written.

    Args:
        state: The state that the tap works with; it is not changed.
    """
    ids: dict[str, list[str]] = {}
    if not state.get("bookmarks"):
        return state
    # a copy, since a stream that opens late enters itself in a thread of its own
    found = list(state["bookmarks"].items())
    bookmarks = {name: _shortened(bookmark, ids) for name, bookmark in found}
    return {**state, "bookmarks": bookmarks, "format": FORMAT, "ids": ids}


def expanded(state: Json) -> Json:
    """The state that the tap works with.

    Args:
        state: A state of this or an earlier release; it is not changed.

    Raises:
        InvalidStateError: It was taken apart.
    """
    bookmarks = state.get("bookmarks", {})
    ids = {**_lists_of_0_1(bookmarks), **(state.get("ids") or {})}
    return {
        **{key: state[key] for key in state.keys() - {"format", "ids"}},
        "bookmarks": {
            name: _expanded(name, bookmark, ids) for name, bookmark in bookmarks.items()
        },
    }


def name_of(ids: list[str]) -> str:
    """The name of a list of identifiers: what it holds, in whatever order."""
    text = json.dumps(sorted(ids))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shortened(bookmark: Json, ids: dict[str, list[str]]) -> Json:
    lists = [bookmark.get("covers") or [], *_ids_apart(bookmark)]
    if "covers" not in bookmark or not all(map(_is_list_of_ids, lists)):
        # nothing is known of it, or it is refused when it is read; a copy, since the
        # stream may be about to note something
        return {**bookmark}
    covers = bookmark["covers"]
    short = {**bookmark, "of": None, "covers": None, "exports": []}
    if covers is not None:
        short["of"] = _kept(covers, ids)
    for key in APART:
        short[key] = [
            {
                **each,
                **{n: _kept(each[n], ids) for n in LISTS if len(each.get(n, ())) > FEW},
            }
            for each in bookmark.get(key) or ()
        ]
    short["jobs"] = _short_jobs(bookmark)
    return short


def _ids_apart(bookmark: Json) -> list[object]:
    parts = [bookmark.get(key) or [] for key in APART]
    if not all(isinstance(each, list) for each in parts):
        return [None]
    return [
        each.get("ids") if isinstance(each, dict) else each
        for part in parts
        for each in part
    ]


def _is_list_of_ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_name(value: object) -> bool:
    return isinstance(value, str)


def _kept(some: list[str], ids: dict[str, list[str]]) -> str:
    name = name_of(some)
    ids[name] = some
    return name


def _short_jobs(bookmark: Json) -> list[list[Any]]:
    """Jobs as id and end, with what does not follow from the one before."""
    jobs = bookmark.get("exports") or []
    before = {"end": bookmark.get("replication_key_value")}
    added: str | None = None
    short = []
    for previous, job in pairwise([before, *jobs]):
        taken = job.get("added")
        assumed = added and taken and _assumed_added(job["end"], added)
        added = assumed if assumed and assumed <= taken else taken
        more = {
            key: job.get(key)
            for key, follows in (
                ("start", previous.get("end")),
                ("scope", previous.get("scope")),
                ("added", taken if added == assumed else None),
            )
            if job.get(key) != follows
        }
        short.append([job["id"], job["end"], *([more] if more else [])])
    return short


def _assumed_added(end: str, before: str) -> str:
    """When Mews took a job of which the state does not say it; never too late.

    The day after its window had begun, so that days of posting are complete.

    Args:
        end: Of its window.
        before: When Mews took the one before it.
    """
    return max(before, format_moment(parse_moment(end) + ONE_DAY))


def _lists_of_0_1(bookmarks: Json) -> Json:
    """The lists that 0.1 wrote in full, by name.

    It keeps the bookmarks of streams that it does not read, and not `ids`.
    """
    lists = [each.get("covers") for each in bookmarks.values()]
    return {name_of(some): some for some in lists if _is_list_of_ids(some)}


def _expanded(name: str, bookmark: Json, ids: Json) -> Json:
    if not bookmark.keys() & {"of", "jobs"}:
        return bookmark
    long = {key: bookmark[key] for key in bookmark.keys() - {"of", "jobs"}}
    try:
        if long.get("covers") is None:
            of = bookmark.get("of")
            long["covers"] = None if of is None else _named(of, ids)
        for key in APART:
            long[key] = [
                {
                    **each,
                    **{n: _named(each[n], ids) for n in LISTS if _is_name(each.get(n))},
                }
                for each in long.get(key) or ()
            ]
        if not long.get("exports"):
            long["exports"] = _long_jobs(bookmark)
    except ValueError as error:
        msg = (
            f"{name}: the state cannot be read ({error}); repair it, or remove the "
            "stream from it to read the stream from its beginning"
        )
        raise InvalidStateError(msg) from None
    return long


def _named(name: str, ids: Json) -> list[str]:
    """The identifiers that stand under a name.

    Raises:
        ValueError: The state lacks them, or others stand there.
    """
    found = ids.get(name)
    if found is None or name_of(found) != name:
        msg = f"`ids` has no list {printable(name)}"
        raise ValueError(msg)
    return list(found)


def _long_jobs(bookmark: Json) -> list[Json]:
    short = [
        (key, end, *(more or [{}])) for key, end, *more in bookmark.get("jobs") or ()
    ]
    # 0.2.0 left out when jobs were taken whose window was over
    is_old = bool(short) and "added" not in short[0][2]
    jobs: list[Json] = []
    before: Json = {"end": bookmark.get("replication_key_value")}
    for key, end, said in short:
        follows = {
            "start": before["end"],
            "scope": before.get("scope"),
            "added": end if is_old else _assumed_added(end, before.get("added") or end),
        }
        before = {"id": key, "end": end, **follows, **said}
        jobs.append({name: each for name, each in before.items() if each is not None})
    return jobs

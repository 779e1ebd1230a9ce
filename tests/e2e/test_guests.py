"""The recipes of docs/guest-data.md below the extractor in meltano.yml."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import yaml

from docs import guests
from tests.export_harness import truth
from tests.harness import Result
from tests.pages_harness import BEFORE_ALL, settle
from tests.test_guest_data import SALT, personal, recipe

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.e2e.project import Project
    from tests.harness import Json


def read(shipped: Project, sandbox: Sandbox, rules: Json) -> Result:
    """Add rules to the extractor, and give what Meltano lets the tap write."""
    settle(sandbox)
    shipped.env["TAP_MEWS_REFERENCE_START_DATE"] = BEFORE_ALL
    definition = shipped.definition
    definition["plugins"]["extractors"][0] |= rules
    (shipped.folder / "meltano.yml").write_text(yaml.safe_dump(definition), "utf-8")
    result = Result(lines=shipped.meltano("invoke", "tap-mews").encode().splitlines())
    rows = truth(sandbox, "customers")
    assert {row["Id"] for row in result.records["customers"]} == {*rows}
    return result


def test_selection_by_meltano_leaves_no_personal_data(
    shipped: Project, sandbox: Sandbox
) -> None:
    assert personal(read(shipped, sandbox, recipe("select"))) == {}


def test_hashes_by_meltano_have_the_salt_of_the_environment(
    shipped: Project, sandbox: Sandbox
) -> None:
    shipped.env["GUEST_DATA_SALT"] = SALT
    result = read(shipped, sandbox, recipe("config"))
    assert personal(result) == {"customers": {*guests.KEPT_AS_HASH["customers"]}}
    rows = truth(sandbox, "customers")
    for row in result.records["customers"]:
        email = rows[row["Id"]]["Email"]
        salted = hashlib.sha256(f"{SALT}{email}".encode()).hexdigest()
        assert row["Email"] == (salted if email else None)

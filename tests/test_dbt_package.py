"""The dbt package is of the schemas that the tap has."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import yaml

from docs import dbt_package
from docs.generated import CHECKOUT
from tests.test_schemas import load

Json: TypeAlias = dict[str, Any]

PACKAGE = CHECKOUT / "dbt"
STREAMS = sorted(path.stem for path in (CHECKOUT / "schemas").glob("*.json"))
LONGEST_NAME = 63
"""Characters of a name that PostgreSQL keeps."""


def models(folder: str) -> dict[str, Json]:
    """What is said of the models in a folder, by name."""
    found: dict[str, Json] = {}
    for path in (PACKAGE / "models" / folder).glob("*.yml"):
        for model in yaml.safe_load(path.read_text("utf-8"))["models"]:
            found[model["name"]] = model
    return found


def test_generated_files_are_current() -> None:
    """`make docs` was run after the last change."""
    assert dbt_package.outdated() == [], "run `make docs`"


def test_a_file_by_hand_among_the_generated_ones_is_noticed() -> None:
    path = dbt_package.MODELS / "staging" / "stg_mews__made_up.sql"
    path.write_text("select 1")
    try:
        assert dbt_package.outdated() == [str(path.relative_to(CHECKOUT))]
    finally:
        path.unlink()


def test_each_property_of_a_stream_is_a_column_of_its_staging_model() -> None:
    staging = models("staging")
    for stream in STREAMS:
        columns = {each["name"] for each in staging[f"stg_mews__{stream}"]["columns"]}
        wanted = {*map(dbt_package.snake, load(stream)["properties"])}
        assert wanted <= columns, stream


def test_columns_of_staging_models_have_names_of_their_own() -> None:
    for model, known in models("staging").items():
        names = [each["name"] for each in known["columns"]]
        assert len(names) == len({*names}), model
        assert max(map(len, names)) <= LONGEST_NAME


def test_every_model_and_column_is_described() -> None:
    for folder in ("staging", "intermediate", "marts"):
        known = models(folder)
        files = {path.stem for path in (PACKAGE / "models" / folder).glob("*.sql")}
        assert known.keys() == files
        for model in known.values():
            assert model["description"]
            assert all(each.get("description") for each in model["columns"]), model


def test_names_in_snake_case() -> None:
    for name, expected in (
        ("Id", "id"),
        ("EnterpriseId", "enterprise_id"),
        ("DUNS", "duns"),
        ("IsUpdatedByMe", "is_updated_by_me"),
        ("QRCodeData", "qr_code_data"),
        ("Line1", "line1"),
    ):
        assert dbt_package.snake(name) == expected


def test_the_macro_writes_names_as_the_generator_does() -> None:
    macro = (PACKAGE / "macros" / "columns.sql").read_text("utf-8")
    (pattern,) = re.findall(r"'(\(\[a-z0-9\].*?)',", macro)
    for stream in STREAMS:
        for name in load(stream)["properties"]:
            made = re.sub(pattern, r"\1\3_\2", name).lower()
            assert made == dbt_package.snake(name)

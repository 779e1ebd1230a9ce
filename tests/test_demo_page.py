"""The key figures that the demo draws, and the page with their charts."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from importlib import metadata
from typing import TYPE_CHECKING

import duckdb
import pytest

from demo.kpis import Kpis, drawn, last_month
from demo.page import page

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
LAST = date(2026, 3, 4)
MEGABYTE = 10**6


def day(number: int, hotel: str = "Spreehof", *, empty: bool = False) -> Kpis:
    """The key figures of a day so long before the last."""
    occupancy, adr = (None, None) if empty else (Decimal("0.6"), Decimal("101.5"))
    on = LAST - timedelta(days=number)
    return Kpis(hotel, on, "EUR", occupancy, adr, Decimal(60), Decimal(70))


@pytest.fixture
def months() -> dict[str, list[Kpis]]:
    hotels = ("Spreehof", "Hôtel <des> Écluses")
    return {
        hotel: [day(number, hotel, empty=not number) for number in range(30, -1, -1)]
        for hotel in hotels
    }


def test_a_month_ends_with_the_day_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute("create schema analytics")
        database.execute("create schema analytics_intermediate")
        database.execute(
            """create table analytics.mews__daily_kpis as
            select 'a' as enterprise_id, date '2026-01-01' + d::int as business_date,
              'EUR' as currency, 0.5 as occupancy, 90.0 as adr, 45.0 as revpar,
              50.0 as trevpar
            from range(100) as days(d)"""
        )
        database.execute(
            """create table analytics_intermediate.int_mews__enterprises as
            select 'a' as enterprise_id, 'Spreehof' as enterprise_name"""
        )
    (days,) = last_month(path, LAST).values()
    assert [each.day for each in (days[0], days[-1])] == [date(2026, 2, 2), LAST]
    assert len(days) == 31


def test_a_month_is_drawn_with_a_bar_for_each_day() -> None:
    (text,) = drawn({"Spreehof": [day(1), day(0, empty=True)]})
    title, _, full, none = text.splitlines()
    assert title == "Spreehof, EUR"
    assert full.split() == ["2026-03-03", "60.00", "#" * 12, "101.50", "60.00", "70.00"]
    assert none.split() == ["2026-03-04", "0.00", "-", "-", "60.00", "70.00"]


def test_the_page_needs_nothing_from_elsewhere(months: dict[str, list[Kpis]]) -> None:
    text = page(months)
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", text)
    assert "Hôtel &lt;des&gt; Écluses" in text
    assert len(text) < 6 * MEGABYTE
    assert text.count("plotly.js v") == 1


def test_the_library_of_the_page_may_be_passed_on() -> None:
    known = metadata.metadata("plotly").json
    assert "MIT" in str(known.get("license_expression", known.get("license")))


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install it")
@pytest.mark.slow
def test_a_browser_without_a_network_shows_a_chart_for_each_hotel(
    months: dict[str, list[Kpis]], tmp_path: Path
) -> None:
    path = tmp_path / "key-figures.html"
    path.write_text(page(months), "utf-8")
    shown = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=170,
        check=True,
    ).stdout
    drawings = shown.split("<h2>")[1:]
    assert len(drawings) == len(months)
    for drawing in drawings:
        # A bar for each day, and three lines.
        assert len(re.findall(r'<g class="point">', drawing)) == 31
        assert len(re.findall(r'class="trace scatter', drawing)) == 3

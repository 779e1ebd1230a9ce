"""The properties a token reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.pages import Page
from sandbox.platform import Ask, operation

if TYPE_CHECKING:
    from sandbox.answers import Reply


@operation("enterprises/getAll")
def get_enterprises(ask: Ask) -> Reply:
    """All enterprises within the token's reach."""
    page = Page(ask, "Enterprise")
    page.reach()
    page.by("ExternalIdentifiers", "ExternalIdentifier")
    page.updated()
    page.during("LinkedUtc")
    return page.answer("Enterprises")

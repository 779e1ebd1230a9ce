"""What a property consists of and how it is set up."""

from __future__ import annotations

from tap_mews.pages.lookups import ENTERPRISES
from tap_mews.streams.bases import Whole


class Enterprises(Whole):
    """The properties that the token reaches."""

    name = "enterprises"
    is_optional = False
    operation = ENTERPRISES

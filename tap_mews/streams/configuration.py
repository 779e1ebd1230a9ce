"""What a property consists of and how it is set up."""

from __future__ import annotations

from tap_mews.api.operations import Operation
from tap_mews.pages.lookups import ENTERPRISES
from tap_mews.streams.bases import Whole

SERVICES = Operation("services/getAll", "Services", time_filter=None)


class Enterprises(Whole):
    """The properties that the token reaches."""

    name = "enterprises"
    is_optional = False
    operation = ENTERPRISES


class Services(Whole):
    """What a property sells; their list is needed for what belongs to them."""

    name = "services"
    operation = SERVICES

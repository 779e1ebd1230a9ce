"""The SDK's private surface that this tap depends on, all of it.

The SDK moves a bookmark with each record; here only whole windows move it. The hooks of
the stream turn that off and pick the way that a record takes. Those of the tap keep the
values of settings out of messages, let a signal end a message properly, and see how a
run ends.

`tests/test_sdk_hooks.py` fails when a release of the SDK changes one of them.
"""

from tap_mews.sdk.stream import WindowedStream
from tap_mews.sdk.tap import GuardedTap, load_dotenv

__all__ = ["GuardedTap", "WindowedStream", "load_dotenv"]

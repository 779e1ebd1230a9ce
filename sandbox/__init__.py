"""A stand-in for the Mews platform: for the demo, the tests and the benchmarks.

It serves the operations that tap-mews calls, as strictly as they are documented, with
the data of a small hotel group behind them.
"""

from sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]

"""The canary of a station: made-up submissions through everything that a batch needs, and what is broken of it.

Example::

    result = selftest(SelftestOptions(station=Path("station")), tell=print)
    result.is_ok
"""

from dsqc.batch.selftest.checks import PARTS, Check, State
from dsqc.batch.selftest.run import SelftestOptions, SelftestResult, selftest

__all__ = ["PARTS", "Check", "SelftestOptions", "SelftestResult", "State", "selftest"]

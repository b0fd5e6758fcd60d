"""The benchmark of a batch's report asks what it says it asks."""

from pathlib import Path

import batch_seeing
import pytest

pytestmark = pytest.mark.browser


def test_the_report_and_its_page_are_measured(tmp_path: Path) -> None:
    told = batch_seeing.report(tmp_path, 20, 1)
    assert set(told) == {"report", "page"}
    assert told["report"]["mib"] > 20
    assert told["page"]["browser_mib"] > told["page"]["mib"] > 1
    assert all(0 < told["page"][name] < 240 for name in ("seconds", "sort_seconds"))

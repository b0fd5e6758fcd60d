"""A short run of the chaos around sending and fetching; the long one is ``transfer_chaos.py`` as a script."""

from pathlib import Path

import pytest

from chaos.transfer_chaos import chaos


@pytest.mark.ceph
def test_what_was_sent_arrives_whatever_dies(tmp_path: Path) -> None:
    total = chaos(tmp_path, kills=16, payload_bytes=200_000_000, seed=7, large_bytes=60_000_000, small=15, disk=False)
    assert total.broken == []
    assert total.kills == 16
    assert total.payload >= 200_000_000

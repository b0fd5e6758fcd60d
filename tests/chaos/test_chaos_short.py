"""A short run of the chaos around sending and fetching; the long one is ``transfer_chaos.py`` as a script."""

from pathlib import Path

import pytest

from chaos.transfer_chaos import chaos
from infra.ceph import CephServer


@pytest.mark.ceph
def test_what_was_sent_arrives_whatever_dies(tmp_path: Path, ceph_server: CephServer) -> None:
    sizes = {"payload_bytes": 320_000_000, "large_bytes": 80_000_000, "small": 15}
    total = chaos(tmp_path, ceph_server, kills=16, seed=7, **sizes)
    assert total.broken == []
    assert total.kills == 16
    assert total.payload >= 320_000_000

"""The promises of the object store, kept in a real Ceph."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.ceph


def test_the_store_outlives_a_killed_gateway(ceph_bucket):
    client = ceph_bucket.server.client()
    client.put_object(Bucket=ceph_bucket.name, Key="key", Body=b"bytes")
    ceph_bucket.server.kill_gateway()
    ceph_bucket.server.start_gateway()
    assert client.get_object(Bucket=ceph_bucket.name, Key="key")["Body"].read() == b"bytes"


def test_no_daemon_outlives_tests_that_were_killed(tmp_path):
    program = (
        "import pathlib, sys, time\nfrom infra.ceph import ceph_server\n"
        "with ceph_server(pathlib.Path(sys.argv[1])) as server:\n"
        "    print(*(process.pid for process in server.processes.values()), flush=True)\n    time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as tests:
        daemons = [int(text) for text in tests.stdout.readline().split()]
        assert len(daemons) == 3
        tests.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in daemons):
        assert time.monotonic() < deadline, "a daemon is still there"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

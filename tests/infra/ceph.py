"""A private, real Ceph object store for tests: one monitor, one OSD and a RADOS Gateway on loopback.

No systemd, no containers, no ceph-mgr. Everything lives in one directory, in memory where the test does not ask for a
disk. The daemons are children that the kernel kills when the tests die, whatever kills the tests.
"""

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from infra.s3 import ACCESS_KEY, SECRET_KEY, S3Endpoint

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "ceph", "monmaptool", "radosgw-admin", "setpriv")
PACKAGES = "apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common"
START_SECONDS = 60
MEMORY = "memstore"
DISK = "bluestore"

# Without cephx a messenger in its default "secure" mode would hang for five minutes and end. One monitor need not
# collect changes of its map. Deleted data is given back at once: a full OSD makes the gateway hang instead of failing.
# A gateway that was killed is forgotten after 10 s, or the next one waits half a minute for its answer.
CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
osd crush chooseleaf type = 0
mon warn on pool no redundancy = false
run dir = {home}/run
admin socket = {home}/run/$name.$pid.asok
pid file = {home}/run/$name.pid
log file = {home}/log/$name.log
mon cluster log file = {home}/log/cluster.log
keyring = {home}/keyring
mon osd nearfull ratio = .97
mon osd backfillfull ratio = .98
mon osd full ratio = .99
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.05
paxos min wait = 0.01
[mon]
mon data = {home}/mon
mon cluster log to syslog = false
[osd]
osd data = {home}/osd
osd objectstore = {kind}
memstore device bytes = {size}
bluestore block create = true
bluestore block size = {size}
bluestore fsck on mount = false
bluestore allocator = bitmap
bdev enable discard = false
osd memory target = 939524096
osd op num shards = 2
osd client watch timeout = 10
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw dns name = localhost
rgw data = {home}/rgw
rgw enable ops log = false
rgw enable usage log = false
rgw lc debug interval = -1
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 60
rgw gc max concurrent io = 20
rgw thread pool size = 64
"""


class CephMissing(Exception):
    """A part of Ceph is not installed; the message says how to install it."""


@dataclass
class CephServer(S3Endpoint):
    """A running store. Endpoint and keys stay the same when the gateway is killed and started again."""

    home: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def make_user(self, name: str, access_key: str, secret_key: str, *, quota_bytes: int = 0) -> None:
        """Make another user with keys of its own and, where given, a quota."""
        self.admin("user", "create", "--uid", name, "--display-name", name,
                   "--access-key", access_key, "--secret-key", secret_key)  # fmt: skip
        if quota_bytes:
            self.admin("quota", "set", "--quota-scope=user", "--uid", name, f"--max-size={quota_bytes}")
            self.admin("quota", "enable", "--quota-scope=user", "--uid", name)

    def admin(self, *arguments: str) -> str:
        """Run ``radosgw-admin``; returns what it prints."""
        return _run(self.home, "radosgw-admin", "-n", "client.rgw", *arguments)

    def kill_gateway(self) -> None:
        """End the gateway with ``kill -9``: connections break, what it had not acknowledged may be lost."""
        self.processes["radosgw"].kill()
        self.processes.pop("radosgw").wait()

    def start_gateway(self) -> None:
        """Start the gateway on its port, and wait until it answers."""
        _start(self, "radosgw", "-n", "client.rgw")
        _wait_for(self, self._answers, "radosgw")

    def stop(self) -> None:
        """Kill all of it: an orderly end would take ten seconds and keep nothing that a test wants."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.endpoint, timeout=2) as answer:
            return bool(answer.status == 200)
        return False


@contextlib.contextmanager
def ceph_server(directory: Path, *, kind: str = MEMORY, size_bytes: int = 4 << 30) -> Iterator[CephServer]:
    """Start a store that keeps everything below ``directory`` (a short path: it holds sockets).

    Args:
        directory: made where it does not exist; what is in it stays at the end.
        kind: ``MEMORY``, or ``DISK`` for a sparse file that outlives the OSD.
        size_bytes: how much the store holds. Memory is taken by what is stored, not at once.

    Raises:
        CephMissing: a program is not installed. Tests that need Ceph fail then, they are never skipped.
    """
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise CephMissing(f"{', '.join(missing)} not installed: {PACKAGES}")
    home = directory / "ceph"
    for name in ("mon", "osd", "run", "log", "rgw"):
        (home / name).mkdir(parents=True)
    mon_port, port = _free_ports(2)
    fsid = str(uuid.uuid4())
    settings = {"fsid": fsid, "mon_port": mon_port, "port": port, "kind": kind, "size": size_bytes, "home": home}
    (home / "ceph.conf").write_text(CONFIGURATION.format(**settings))
    server = CephServer(f"http://127.0.0.1:{port}", home)
    try:
        _start_monitor(server, fsid, mon_port)
        _start_osd(server)
        _start(server, "radosgw", "-n", "client.rgw")
        server.admin("user", "create", "--uid", "dsqc", "--display-name", "dsqc",
                     "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)  # fmt: skip
        _wait_for(server, server._answers, "radosgw")
        yield server
    finally:
        server.stop()


def _start_monitor(server: CephServer, fsid: str, port: int) -> None:
    home = server.home
    _run(home, "monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{port}]", "--fsid", fsid,
         "--enable-all-features", str(home / "monmap"))  # fmt: skip
    _run(home, "ceph-mon", "--mkfs", "-i", "a", "--monmap", str(home / "monmap"))
    _start(server, "ceph-mon", "-i", "a")
    _run(home, "ceph", "--connect-timeout", "30", "status")


def _start_osd(server: CephServer) -> None:
    identifier = str(uuid.uuid4())
    _run(server.home, "ceph", "osd", "new", identifier)
    _run(server.home, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identifier)
    _start(server, "ceph-osd", "-i", "0")
    _wait_for(server, lambda: "1 up" in _run(server.home, "ceph", "osd", "stat"), "ceph-osd")


def _start(server: CephServer, program: str, *arguments: str) -> None:
    # The kernel kills the daemon when we die, so nothing outlives tests that were killed.
    command = ["setpriv", "--pdeathsig", "KILL", program, "--conf", str(server.home / "ceph.conf"), "-f", *arguments]
    with (server.home / "log" / f"{program}.out").open("ab") as output:
        server.processes[program] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=server.home
        )


def _run(home: Path, program: str, *arguments: str) -> str:
    configuration = [] if program == "monmaptool" else ["--conf", str(home / "ceph.conf")]
    done = subprocess.run(
        [program, *configuration, *arguments], capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr}\n{_logs(home)}")
    return done.stdout


def _wait_for(server: CephServer, ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        ended = [name for name, process in server.processes.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            reason = f"{ended[0]} ended" if ended else f"{what} is not ready after {START_SECONDS} s"
            raise RuntimeError(f"{reason}:\n{_logs(server.home)}")
        # A daemon that is not ready yet gives no event to wait for.
        time.sleep(0.05)


def _logs(home: Path) -> str:
    return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-2000:]}" for path in (home / "log").iterdir())


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]

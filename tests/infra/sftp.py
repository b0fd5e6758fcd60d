"""A real SFTP server for tests: OpenSSH's ``sshd`` on loopback with keys of its own, gone with the tests."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 30

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 100
LogLevel ERROR
Subsystem sftp internal-sftp
"""


@dataclass
class SftpServer:
    """A running server. ``key`` may log in; ``known_hosts`` holds its host key; ``config`` is for ssh's ``-F``."""

    port: int
    directory: Path
    process: subprocess.Popen[bytes]

    @property
    def key(self) -> Path:
        return self.directory / "key"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def config(self) -> Path:
        return self.directory / "ssh_config"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use the server."""
        return {"DSQC_SSH_CONFIG": str(self.config), "DSQC_SSH_KEY": str(self.key)}

    def url(self, path: Path | str) -> str:
        """The URL of a directory of this machine."""
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{path}"

    def sessions(self) -> list[int]:
        """Processes of the server that serve somebody."""
        return _children(self.process.pid)

    def break_sessions(self) -> None:
        """Cut every connection; the server itself stays."""
        for pid in self.sessions():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def sftp_server(directory: Path) -> Iterator[SftpServer]:
    """Start a server that keeps its keys in ``directory``; a missing sshd fails, it never skips."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert sshd, "The SFTP tests need a server: apt-get install openssh-server"
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("host_key", "key"):
        make_key(directory / name)
    shutil.copy(directory / "key.pub", directory / "authorized_keys")
    port = _free_port()
    host_key = (directory / "host_key.pub").read_text().split()[:2]
    (directory / "known_hosts").write_text(f"[127.0.0.1]:* {' '.join(host_key)}\n")
    (directory / "ssh_config").write_text(
        f"UserKnownHostsFile {directory}/known_hosts\nGlobalKnownHostsFile none\n"
        f"Host station-alias\n  HostName 127.0.0.1\n  Port {port}\n  HostKeyAlias [127.0.0.1]:{port}\n"
    )
    (directory / "sshd_config").write_text(CONFIG.format(port=port, directory=directory))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    log = directory / "sshd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sshd, "-D", "-e", "-f", str(directory / "sshd_config")], stdout=output, stderr=subprocess.STDOUT
        )
    server = SftpServer(port, directory, process)
    try:
        _wait_until_it_answers(port, process, log)
        yield server
    finally:
        server.break_sessions()
        process.terminate()
        process.wait(timeout=20)


def make_key(path: Path) -> Path:
    """Make a key pair without passphrase; gives the private one."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)
    return path


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        # A process that ends while it is looked at has no children.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in task.read_text().split():
                found += [int(child), *_children(int(child))]
    return found


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"sshd ended at once:\n{log.read_text()}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        # A port that is not yet open gives no event to wait for.
        time.sleep(0.02)
    raise AssertionError(f"sshd does not answer:\n{log.read_text()}")

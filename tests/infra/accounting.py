"""Slurm's accounting for tests: slurmdbd over a MariaDB of its own, on free ports of loopback, under our own user."""

import getpass
import secrets
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

PACKAGES = "apt-get install -y --no-install-recommends slurmdbd mariadb-server"
USER = "slurm"
DATABASE = "slurm_accounts"
# A test's data need not survive a power cut. slurmdbd asks for the long wait for locks.
SETTINGS = (
    "--bind-address=127.0.0.1",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    "--innodb-lock-wait-timeout=900",
    "--skip-log-bin",
)


def make_database(home: Path, program: Callable[[str], str], port: int, daemon_port: int) -> list[str]:
    """Make an empty MariaDB in ``home`` with a user for slurmdbd; returns the command that serves it at ``port``.

    Writes ``slurmdbd.conf`` as well.

    Args:
        home: directory of the cluster.
        program: the path of a program by its name.
        port: a free one.
        daemon_port: a free one for slurmdbd.
    """
    data, password = home / "mariadb", secrets.token_hex(16)
    made = subprocess.run(
        [
            program("mariadb-install-db"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"mariadb-install-db ended with {made.returncode}:\n{made.stdout}{made.stderr}")
    first = home / "mariadb.sql"
    _write_secret(
        first,
        f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
        f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON {DATABASE}.* TO '{USER}'@'127.0.0.1';\n",
    )
    _write_secret(home / "slurmdbd.conf", _slurmdbd_configuration(home, port, password, daemon_port))
    return [
        program("mariadbd"),
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={data}",
        f"--socket={home}/mariadb.socket",
        f"--pid-file={home}/mariadb.pid",
        f"--init-file={first}",
        f"--port={port}",
        "--skip-name-resolve",
        *SETTINGS,
    ]


def answers(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def slurm_configuration(home: Path, port: int) -> list[str]:
    """Lines of ``slurm.conf`` that send accounts to the slurmdbd at ``port``, and have memory and time measured."""
    return [
        "JobAcctGatherType=jobacct_gather/linux",
        "JobAcctGatherFrequency=task=1",
        "AccountingStorageType=accounting_storage/slurmdbd",
        "AccountingStorageHost=127.0.0.1",
        f"AccountingStoragePort={port}",
        f"AccountingStoragePass={home}/munge.socket",
    ]


def _slurmdbd_configuration(home: Path, port: int, password: str, daemon_port: int) -> str:
    return f"""\
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket
DbdHost={socket.gethostname().split(".")[0]}
DbdAddr=127.0.0.1
DbdPort={daemon_port}
SlurmUser={getpass.getuser()}
LogFile={home}/slurmdbd.log
PidFile={home}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={port}
StorageUser={USER}
StoragePass={password}
StorageLoc={DATABASE}
"""


def _write_secret(path: Path, text: str) -> None:
    """Only its owner may read it; slurmdbd refuses any other mode."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")

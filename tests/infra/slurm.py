"""A private, real Slurm on one machine: munged, slurmctld and two virtual nodes, started and stopped by the tests.

Everything lives in one directory: keys, sockets, configuration, state, logs. No systemd. Accounts are kept where they
are asked for (slurmdbd and a MariaDB of its own), as on some sites they are and on others not.
"""

import contextlib
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import accounting

NODES = 2
CPUS = 4
MEMORY_MB = 8000
CLIENTS = ("sbatch", "srun", "squeue", "scancel", "sacct", "scontrol", "sinfo", "sacctmgr", "sshare")
DAEMONS = ("slurmctld", "slurmd", "munged")
PACKAGES = "apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge"
NO_ACCOUNTS = ["JobAcctGatherType=jobacct_gather/none", "AccountingStorageType=accounting_storage/none"]
START_SECONDS = 60
STOP_SECONDS = 15


class SlurmMissing(Exception):
    """A part of Slurm is not installed; the message says how to install it."""


@dataclass(frozen=True)
class SlurmCluster:
    """A running cluster. ``environment`` makes Slurm's commands talk to it."""

    home: Path
    environment: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"]
    name: str

    def command(self, *arguments: str) -> str:
        """Run one of Slurm's commands against this cluster; returns what it prints."""
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout

    def kill_daemon(self, name: str) -> None:
        """kill -9 of ``slurmctld``, or of a node's slurmd with everything that runs on that node, as a power cut."""
        self.processes[name].kill()
        self.processes[name].wait()
        if name != "slurmctld":
            for pid in processes_of_node(self.name, name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def start_daemon(self, name: str) -> None:
        """Start again what was killed, with the state that it had written."""
        own = ["-N", name] if name != "slurmctld" else []
        _start(self, name, _program("slurmd" if own else "slurmctld"), "-D", *own)

    def jobs(self) -> list[str]:
        """Identifiers of jobs that wait or run."""
        return self.command("squeue", "--noheader", "--format=%i", "--states=PENDING,RUNNING,COMPLETING").split()


def processes_of_node(cluster: str, name: str) -> list[int]:
    """Processes of the jobs on a virtual node, after those of Slurm that see to them and would tell of their end.

    Args:
        cluster: its name; the nodes of every cluster are called alike, and several may run on a machine.
        name: of the node.
    """
    marks = {f"SLURMD_NODENAME={name}".encode(), f"SLURM_CLUSTER_NAME={cluster}".encode()}
    jobs, keepers = [], []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if not marks <= set((entry / "environ").read_bytes().split(b"\0")):
                continue
            jobs.append(int(entry.name))
            parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            if Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd"):
                keepers.append(int(parent))
    return [*dict.fromkeys(keepers), *jobs]


@contextlib.contextmanager
def slurm_cluster(
    home: Path, slurmd_timeout_s: int = 300, *, with_accounting: bool = False, min_job_age_s: int = 600
) -> Iterator[SlurmCluster]:
    """Start a cluster in ``home`` (a short path: it holds sockets), stop all of it at the end.

    Args:
        slurmd_timeout_s: how long a node may say nothing before its jobs are given up; Slurm's own value is 300.
        with_accounting: keep accounts, so that sacct knows jobs.
        min_job_age_s: how long squeue knows of a job that has ended; Slurm's own value is 300.

    Raises:
        SlurmMissing: a program is missing.
    """
    daemons = {name: _program(name) for name in DAEMONS}
    shims = _write_shims(home)
    environment = dict(os.environ, SLURM_CONF=str(home / "slurm.conf"))
    environment["PATH"] = os.pathsep.join([str(shims), environment["PATH"], "/usr/sbin"])
    ports = _free_ports(2 + 1 + NODES)
    accounts = accounting.slurm_configuration(home, ports[1]) if with_accounting else NO_ACCOUNTS
    lines = [*accounts, f"MinJobAge={min_job_age_s}", f"SlurmdTimeout={slurmd_timeout_s}"]
    name = f"dsqc{secrets.token_hex(4)}"
    _write_configuration(home, name, ports[2:], lines)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    cluster = SlurmCluster(home, environment, processes, name)
    try:
        _start(cluster, "munged", daemons["munged"], *_munge_arguments(home))
        _wait_for((home / "munge.socket").exists, "munged", home)
        if with_accounting:
            _start_accounting(cluster, ports[0], ports[1])
        _start(cluster, "slurmctld", daemons["slurmctld"], "-D", "-i")
        for number in range(1, NODES + 1):
            _start(cluster, f"n{number}", daemons["slurmd"], "-D", "-N", f"n{number}")
        _wait_for(lambda: _idle_nodes(cluster) == NODES, "nodes", home)
        yield cluster
    finally:
        _stop(cluster)


def _start_accounting(cluster: SlurmCluster, port: int, daemon_port: int) -> None:
    """MariaDB, then slurmdbd, then the cluster's name in it: slurmctld must find itself there."""
    home = cluster.home
    _start(cluster, "mariadbd", *accounting.make_database(home, _program, port, daemon_port))
    _wait_for(lambda: accounting.answers(port), "mariadbd", home)
    _start(cluster, "slurmdbd", _program("slurmdbd"), "-D")
    _wait_for(lambda: accounting.answers(daemon_port), "slurmdbd", home)
    cluster.command("sacctmgr", "--immediate", "add", "cluster", cluster.name)


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise SlurmMissing(f"{name} is not installed: {PACKAGES}; for accounts {accounting.PACKAGES}")
    return found


def _write_shims(home: Path) -> Path:
    """Commands that name our slurm.conf themselves: inside a job, Snakemake's plugin drops ``SLURM_CONF``."""
    shims = home / "bin"
    shims.mkdir(parents=True)
    for name in CLIENTS:
        shim = shims / name
        shim.write_text(f'#!/bin/sh\nexport SLURM_CONF={home}/slurm.conf\nexec {_program(name)} "$@"\n')
        shim.chmod(0o755)
    return shims


def _munge_arguments(home: Path) -> list[str]:
    key = home / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    # --force: directories above may be writable by others, as /tmp is.
    return [
        "--foreground",
        "--force",
        f"--key-file={key}",
        f"--socket={home}/munge.socket",
        f"--pid-file={home}/munged.pid",
        f"--log-file={home}/munged.log",
        f"--seed-file={home}/munged.seed",
    ]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


def _write_configuration(home: Path, name: str, ports: Sequence[int], lines: Sequence[str]) -> None:
    """``slurm.conf`` of the cluster ``name`` with the controller's port, a port a node, and further lines."""
    host = socket.gethostname().split(".")[0]
    user = getpass.getuser()
    control, *ports = ports
    for number in range(1, NODES + 1):
        (home / "spool" / f"n{number}").mkdir(parents=True)
    nodes = "\n".join(
        f"NodeName=n{number} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS} RealMemory={MEMORY_MB}"
        for number, port in enumerate(ports, start=1)
    )
    further = "\n".join(lines)
    # slurmd asks for the file even where no plugin reads it.
    (home / "cgroup.conf").write_text(f"CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nCgroupMountpoint={home}/none\n")
    (home / "slurm.conf").write_text(
        f"""\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket
CredType=cred/munge
SlurmctldPort={control}
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.%n.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.%n.log
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# The nodes are virtual: what stands here counts, not what the machine has.
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
KillWait=2
MailProg=/bin/true
{further}
{nodes}
PartitionName=normal Nodes=n[1-{NODES}] Default=YES MaxTime=24:00:00 DefaultTime=60 State=UP
"""
    )
    (home / "state").mkdir()


def _start(cluster: SlurmCluster, name: str, *command: str) -> None:
    with (cluster.home / f"{name}.out").open("wb") as output:
        cluster.processes[name] = subprocess.Popen(
            command, env=cluster.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )


def _wait_for(ready: Callable[[], bool], what: str, home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            logs = "\n".join(
                f"== {item.name}\n{item.read_text(errors='replace')[-2000:]}" for item in home.glob("*.log")
            )
            raise TimeoutError(f"{what} not up after {START_SECONDS} s\n{logs}")
        time.sleep(0.1)


def _idle_nodes(cluster: SlurmCluster) -> int:
    done = subprocess.run(
        ["sinfo", "-h", "-N", "-p", "normal", "-o", "%T"],
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout.split().count("idle")


def _stop(cluster: SlurmCluster) -> None:
    """Cancel what runs, then end the daemons in the opposite order of their start."""
    if "slurmctld" in cluster.processes:
        with contextlib.suppress(subprocess.SubprocessError):
            subprocess.run(
                ["scancel", "--partition=normal"], env=cluster.environment, timeout=10, check=False, capture_output=True
            )
    for process in reversed(cluster.processes.values()):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

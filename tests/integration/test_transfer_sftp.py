"""Transfers from a real SFTP server: OpenSSH's sshd."""

import os
import pwd
import subprocess
import sys
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.errors import StorageFault, SystemFault, TransientFault, UsageError
from dsqc.stages.transfer import transfer
from dsqc.transfer.sftpsource import SftpSource
from dsqc.transfer.sources import EntryKind, FileFault, SourceChanged, Stalled
from helpers.sources import visible, write_source
from infra.faulty import faulty_proxy, reset, stall
from infra.sftp import SftpServer, make_key, sftp_server

pytestmark = pytest.mark.sftp

LARGE = bytes(range(251)) * 20_000
ODD, KOREAN = "a b#%41?&+;'$(id).fastq", "시료_R2.fastq"
DATA = {ODD: LARGE, KOREAN: b"x", "empty.fastq": b""}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with sftp_server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def sftp(server: SftpServer, monkeypatch):
    """The server, and an environment that may log in."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield server


def bring(url: str, tmp_path: Path, name: str = "there"):
    return transfer(url, tmp_path / name, tmp_path / f"{name}-results", submission="S")


def test_what_an_sftp_server_holds_arrives_as_from_a_directory(sftp, tmp_path):
    folder = write_source(tmp_path / "자료 1", DATA)
    (folder / KOREAN).rename(folder / unicodedata.normalize("NFD", KOREAN))
    here = bring(str(folder), tmp_path, "here")
    for url in (sftp.url(folder), f"sftp://station-alias{folder}/"):
        there = bring(url, tmp_path)
        assert there.record == here.record
        assert there.log.counts() == {"error": 0, "warning": 0, "info": 0}
        assert visible(tmp_path / "there") == visible(tmp_path / "here")
    bring(url, tmp_path)
    assert read_json(tmp_path / "there-results" / "transfer.timing.json")["copied_bytes"] == 0


def test_the_listing_is_that_of_the_directory(sftp, tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    cp949 = os.fsencode(tmp_path) + b"/" + "시료".encode("cp949")
    Path(os.fsdecode(cp949)).write_bytes(b"x")
    source = SftpSource(sftp.url(tmp_path))
    kinds = {entry.name: entry.kind for entry in source.entries()}
    assert kinds == {
        "a": EntryKind.FILE,
        "link": EntryKind.LINK,
        "folder": EntryKind.DIRECTORY,
        "pipe": EntryKind.OTHER,
        os.fsdecode(cp949.rpartition(b"/")[2]): EntryKind.FILE,
    }
    for name in ("link", "pipe"):
        with pytest.raises(FileFault) as caught:
            list(source.blocks(source.stat(name)))
        assert caught.value.code == "DSQC-F016"
    with pytest.raises(FileFault) as caught:
        source.stat("gone")
    assert caught.value.code == "DSQC-F003"


@given(offset=st.integers(0, len(LARGE) + 10), length=st.none() | st.integers(0, len(LARGE)))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_range_is_exact(large, offset, length):
    end = None if length is None else offset + length
    assert b"".join(large.blocks(large.stat("large"), offset, length)) == LARGE[offset:end]


@pytest.fixture
def large(sftp, tmp_path):
    (tmp_path / "large").write_bytes(LARGE)
    return SftpSource(sftp.url(tmp_path))


def test_threads_read_side_by_side(large, tmp_path):
    entry = large.stat("large")
    parts = range(0, len(LARGE), 1_000_000)
    with ThreadPoolExecutor(4) as pool:
        read = pool.map(lambda offset: b"".join(large.blocks(entry, offset, 1_000_000)), parts)
        assert b"".join(read) == LARGE


def test_a_reading_that_somebody_gave_up_spoils_nothing(large):
    entry = large.stat("large")
    reading = large.blocks(entry)
    next(reading)
    reading.close()
    assert b"".join(large.blocks(entry, 5, 100)) == LARGE[5:105]


def test_one_login_serves_reading_after_reading(sftp, large, tmp_path):
    entry = large.stat("large")
    before = set(sftp.sessions())
    for number in range(20):
        reading = large.blocks(entry, number, 10)
        # Whoever knows how many bytes there are does not ask for more.
        assert next(reading) == LARGE[number : number + 10]
        reading.close()
        with pytest.raises(SourceChanged):
            list(large.blocks(replace(entry, version="another")))
        with pytest.raises(FileFault):
            large.stat("gone")
    assert set(sftp.sessions()) == before


def test_a_changed_file_is_never_taken_for_the_old_one(large, tmp_path):
    entry = large.stat("large")
    (tmp_path / "large").write_bytes(LARGE[::-1])
    os.utime(tmp_path / "large", (1, 1))
    with pytest.raises(SourceChanged):
        list(large.blocks(entry, 10, 10))
    (tmp_path / "large").unlink()
    (tmp_path / "large").symlink_to("/etc/hostname")
    with pytest.raises(FileFault, match="symbolic link"):
        list(large.blocks(entry))


def test_cut_connections_are_made_anew(sftp, large):
    entry = large.stat("large")
    reading = large.blocks(entry)
    next(reading)
    sftp.break_sessions()
    with pytest.raises(TransientFault, match="connection broke"):
        list(reading)
    assert b"".join(large.blocks(entry)) == LARGE
    sftp.break_sessions()
    large_again = next(iter(_until_it_works(lambda: large.stat("large"))))
    assert large_again == entry


def _until_it_works(call):
    """What a caller with several attempts gets: a connection that has just died may cost one."""
    for attempt in stamina.retry_context(on=TransientFault, attempts=3):
        with attempt:
            yield call()
            return


def test_a_line_that_stalls_or_breaks_is_given_up(sftp, tmp_path):
    (tmp_path / "large").write_bytes(LARGE)
    with faulty_proxy(f"sftp://127.0.0.1:{sftp.port}") as proxy:
        url = sftp.url(tmp_path).replace(str(sftp.port), str(proxy.port))
        for fault, kind, text in (
            (stall(after=300_000), Stalled, r"sent nothing for 1\.5 s"),
            (reset(after=300_000), TransientFault, "connection broke"),
        ):
            proxy.plan(fault)
            source = SftpSource(url, timeout_s=1.5)
            entry = source.stat("large")
            with pytest.raises(kind, match=text):
                list(source.blocks(entry))
            assert b"".join(source.blocks(entry)) == LARGE


def test_a_killed_transfer_leaves_no_ssh_and_goes_on(sftp, tmp_path):
    source = write_source(tmp_path / "source", {"large.fastq": LARGE * 4})
    command = [sys.executable, "-m", "dsqc", "transfer", sftp.url(source), str(tmp_path / "in"), "-q"]
    before = len(sftp.sessions())
    process = subprocess.Popen([*command, "--limit-rate", "2M"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = tmp_path / "in" / ".dsqc" / "parts"
    _wait(lambda: parts.exists() and any(path.stat().st_size for path in parts.iterdir()))
    process.kill()
    process.wait()
    _wait(lambda: len(sftp.sessions()) <= before)
    assert not (tmp_path / "in" / "large.fastq").exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert visible(tmp_path / "in")["large.fastq"] == LARGE * 4


def _wait(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        # What another process does gives no event to wait for.
        time.sleep(0.02)


# What has to be set up


def test_an_unknown_host_is_refused_with_what_to_do(sftp, tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text(f"UserKnownHostsFile {tmp_path}/none\nGlobalKnownHostsFile none\nStrictHostKeyChecking no\n")
    monkeypatch.setenv("DSQC_SSH_CONFIG", str(config))
    with pytest.raises(SystemFault, match=rf"not known here.*ssh-keyscan -p {sftp.port} 127.0.0.1.*known_hosts"):
        SftpSource(sftp.url(tmp_path)).entries()
    assert not (tmp_path / "none").exists()


def test_another_host_key_is_refused_with_what_to_do(sftp, tmp_path, monkeypatch):
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{sftp.port} {other}")
    config = tmp_path / "config"
    config.write_text(f"UserKnownHostsFile {tmp_path}/known\nGlobalKnownHostsFile none\n")
    monkeypatch.setenv("DSQC_SSH_CONFIG", str(config))
    with pytest.raises(SystemFault, match=r"another host key.*Ask its operator"):
        SftpSource(sftp.url(tmp_path)).entries()


def test_a_key_that_may_not_log_in_is_refused_with_what_to_do(sftp, tmp_path, monkeypatch):
    monkeypatch.setenv("DSQC_SSH_KEY", str(make_key(tmp_path / "stranger")))
    with pytest.raises(StorageFault, match=r"refused the login.*DSQC_SSH_KEY"):
        SftpSource(sftp.url(tmp_path)).entries()
    monkeypatch.setenv("DSQC_SSH_KEY", str(tmp_path / "none"))
    with pytest.raises(UsageError, match=r"DSQC_SSH_KEY names .*none, which is no file"):
        SftpSource(sftp.url(tmp_path))


def test_a_place_that_is_no_directory_is_a_wrong_call(sftp, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"x")
    for path in ("none", "file"):
        assert main(["transfer", sftp.url(tmp_path / path), str(tmp_path / "in")]) == 2
        assert f"{path} is no directory." in capsys.readouterr().err


def test_a_server_that_is_away_may_come_back(sftp, tmp_path):
    with faulty_proxy(f"sftp://127.0.0.1:{sftp.port}") as proxy:
        proxy.cut()
        with pytest.raises(TransientFault, match=rf"127\.0\.0\.1:{proxy.port} cannot be reached"):
            SftpSource(sftp.url("/").replace(str(sftp.port), str(proxy.port))).entries()
    with pytest.raises(TransientFault, match=r"host\.invalid cannot be reached"):
        SftpSource("sftp://host.invalid/x").entries()


def test_a_machine_without_ssh_says_what_to_install(sftp, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="openssh-client"):
        SftpSource(sftp.url(tmp_path)).entries()


@pytest.mark.parametrize(
    "url", ["sftp:///path", "sftp://-oProxyCommand=id/x", "sftp://-l@host/x", "sftp://host:port/x", "sftp://a b/x",
            "sftp://host/x?y", "sftp://$(id)/x"],
)  # fmt: skip
def test_a_wrong_address_starts_nothing(url):
    with pytest.raises(UsageError, match=r"Write sftp://\[user@\]host"):
        SftpSource(url)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="A password stands in the SFTP URL") as caught:
        SftpSource("sftp://user:secret-0123@host/path")
    assert "secret-0123" not in str(caught.value)


def test_paths_below_home_and_root(sftp):
    assert {entry.name for entry in SftpSource(sftp.url("/")).entries()} >= {"etc", "usr"}
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    assert {entry.name for entry in SftpSource(sftp.url("/~/")).entries()} & {path.name for path in home.iterdir()}

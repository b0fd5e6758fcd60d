"""The SFTP client against servers that are within the protocol and still odd."""

import sys
from pathlib import Path

import pytest

from dsqc.transfer import sftp_client
from dsqc.transfer.sftp_client import ConnectionLostError, EndOfFileError, SftpConnection, StalledError, StatusError
from helpers import odd_sftp


@pytest.fixture
def connect():
    connections = []

    def connect(mode: str, timeout_s: float = 20) -> SftpConnection:
        connections.append(SftpConnection([sys.executable, str(Path(odd_sftp.__file__)), mode], timeout_s))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("mode", ["plain", "reversed", "short", "old"])
@pytest.mark.parametrize(("offset", "length"), [(0, odd_sftp.SIZE), (1, 1), (65_536, 131_072), (7, 0)])
def test_bytes_come_in_order_however_the_server_answers(connect, monkeypatch, mode, offset, length):
    monkeypatch.setattr(sftp_client, "WINDOW_BYTES", 300_000)
    connection = connect(mode)
    _seen, handle = connection.open(b"/file")
    for _time in (1, 2):
        assert b"".join(connection.read(handle, offset, length)) == odd_sftp.content(offset, length)
        assert connection.is_idle


def test_a_listing_leaves_out_the_directory_itself(connect):
    names = dict(connect("plain").names(b"/"))
    assert list(names) == [b"file"]
    assert (names[b"file"].size_bytes, names[b"file"].modified) == (odd_sftp.SIZE, 7)
    assert dict(connect("bare").names(b"/"))[b"file"].size_bytes is None


def test_a_file_that_ends_early_is_noticed_and_the_connection_not_used_again(connect):
    connection = connect("shrinks")
    with pytest.raises(EndOfFileError):
        list(connection.read(connection.open(b"/file")[1], 0, odd_sftp.SIZE))
    assert not connection.is_idle


def test_a_reading_that_somebody_gave_up_leaves_the_connection_unusable(connect):
    connection = connect("plain")
    reading = connection.read(connection.open(b"/file")[1], 0, odd_sftp.SIZE)
    next(reading)
    reading.close()
    assert not connection.is_idle


def test_a_refusal_is_told(connect):
    with pytest.raises(StatusError, match="said") as caught:
        connect("denied").open(b"/file")
    assert caught.value.code == sftp_client.PERMISSION_DENIED


def test_what_is_no_sftp_is_said_to_be_none(connect):
    with pytest.raises(ConnectionLostError, match="is no SFTP server"):
        connect("greets")
    with pytest.raises(ConnectionLostError, match="what was not asked"):
        connect("liar").lstat(b"/file")


def test_a_server_that_says_nothing_is_given_up():
    with pytest.raises(StalledError):
        SftpConnection(["sleep", "60"], 0.2)


def test_what_the_program_wrote_before_it_ended_is_told():
    with pytest.raises(ConnectionLostError, match="first line") as caught:
        SftpConnection(["sh", "-c", "echo first line >&2; echo '  second\a' >&2; exit 255"], 20)
    assert caught.value.said == "first line\nsecond"

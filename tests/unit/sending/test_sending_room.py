"""Memory of parts, and the list of what was sent without the MD5 of the whole."""

import hashlib
import json
import subprocess
import sys
from threading import Thread

from hypothesis import given
from hypothesis import strategies as st

from dsqc.listing import Digests, Expected, Sent, SentFile, parse_sent
from dsqc.sending.hashes import Hashes
from dsqc.sending.room import Room

SHA256 = hashlib.sha256(b"x").hexdigest()


def test_a_piece_is_free_when_its_last_user_gives_it_back() -> None:
    room = Room(1, 8)
    held = room.take(5)
    held.data[:] = b"first"
    other = held.shared()
    held.release()
    taken: list[bytes] = []
    waiting = Thread(target=lambda: taken.append(bytes(room.take(3).data)), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert not taken
    assert bytes(other.data) == b"first"
    other.release()
    waiting.join(30)
    assert taken == [b"fir"]  # the same memory


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_the_md5_of_the_whole_is_taken_only_where_it_is_wanted(pieces: list[bytes]) -> None:
    wanted, other = Hashes(with_md5=True), Hashes(with_md5=False)
    for piece in pieces:
        wanted.add(piece)
        other.add(piece)
    data = b"".join(pieces)
    sha256 = hashlib.sha256(data).hexdigest()
    assert wanted.whole(len(data)).digests == Digests(len(data), hashlib.md5(data).hexdigest(), sha256)
    assert other.whole(len(data)).digests == Digests(len(data), "", sha256)


def test_the_list_of_what_was_sent_may_name_no_md5() -> None:
    sent = Sent((SentFile("a.bam", "data", Digests(1, "", SHA256)),), complete=True)
    assert "md5" not in json.loads(sent.to_bytes())["files"][0]
    assert parse_sent(sent.to_bytes()) == sent
    assert sent.expected("a.bam") == Expected("", SHA256)


def test_an_md5_that_nobody_gave_confirms_nothing() -> None:
    assert not Expected("", SHA256).confirms(Digests(1, "", "0" * 64))
    assert not Expected().confirms(Digests(1, "", SHA256))
    assert Expected("", SHA256).confirms(Digests(1, "", SHA256))


def test_lines_below_the_level_need_no_structlog() -> None:
    code = (
        "import logging, sys; from dsqc import logs; logs.set_up_with(lambda: None, logging.ERROR); "
        "logs.logger(a=1).info('x'); print('structlog' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]

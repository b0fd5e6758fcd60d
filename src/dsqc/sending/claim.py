"""One sender at a time in an inbox of a store: a small object says who sends, and is renewed while the sender lives.

A safeguard against two people (or two hosts) who send the same submission and waste each other's line. It proves
nothing: what arrives is proven part by part, whoever sends it.
"""

import base64
import contextlib
import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator

from dsqc.errors import SystemFault, TransientFault
from dsqc.listing import SENDER
from dsqc.sending.requests import Call, Kind
from dsqc.sending.web import Answer

RENEWED_EVERY_S = 60.0
STALE_AFTER_S = 300.0
"""A claim that was not renewed for so long, by the store's clock, belongs to nobody."""


class Claim:
    """The claim of one sender.

    Args:
        call: sends a call of the protocol.
        who: what makes this sender known; the same after a restart on the same host.
    """

    def __init__(self, call: Callable[..., Answer], who: str, stop: threading.Event) -> None:
        self._call = call
        self._who = who
        self._stop = stop

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Take the claim, renew it while the block runs, give it back.

        An inbox that lets nobody look (a drop box) is used without.

        Raises:
            TransientFault: somebody else sends into this inbox.
        """
        if not self._take():
            yield
            return
        done = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(done,), name="dsqc-claim", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            # Sent even after a stop, so it goes without attempts: a claim that stays becomes stale.
            with contextlib.suppress(Exception):
                self._call(Call(Kind.DELETE, SENDER))

    def _take(self) -> bool:
        seen = self._call(Call(Kind.GET, SENDER))
        if seen.status == 403:
            return False
        if seen.is_good:
            self._require_ours_or_stale(seen)
        # The condition decides a race in stores that know it; in others the second look does, nearly always.
        put = self._put(only_new=not seen.is_good)
        if put.status in (403, 501):
            return False
        now = self._call(Call(Kind.GET, SENDER))
        if now.is_good:
            self._require_ours_or_stale(now)
        return now.is_good

    def _put(self, *, only_new: bool) -> Answer:
        body = json.dumps({"sender": self._who, "host": socket.gethostname(), "process": os.getpid()}).encode()
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")
        return self._call(Call(Kind.PUT, SENDER, content_md5=md5, only_new=only_new), body)

    def _require_ours_or_stale(self, seen: Answer) -> None:
        try:
            value = json.loads(seen.body)
            sender, host, process = (_plain(str(value[name])) for name in ("sender", "host", "process"))
        except (ValueError, KeyError, TypeError):
            return
        if sender == self._who:
            return
        now, then = seen.seconds("date"), seen.seconds("last-modified")
        if now is not None and then is not None and now - then > STALE_AFTER_S:
            return
        raise TransientFault(
            f"Somebody else is sending into this inbox (process {process} on {host}).",
            hint=f"Wait until that has ended and run the same command again; if it was killed, in "
            f"{STALE_AFTER_S / 60:.0f} minutes.",
        )

    def _renew(self, done: threading.Event) -> None:
        while not done.wait(RENEWED_EVERY_S):
            with contextlib.suppress(SystemFault, OSError):
                self._put(only_new=False)


def _plain(text: str) -> str:
    """Others write into this inbox too: nothing of theirs steers a terminal."""
    return "".join(character for character in text if character.isprintable())[:100]

"""What stands before every route: which requests are heard, how large they may be, what each answer carries."""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dsqc import logs

LONGEST_BODY = 64 << 10
"""Bytes of a form: what pages send is a few kilobytes."""
LONGEST_TARGET = 4 << 10
"""Bytes of path and query."""
BODY_SECONDS = 20
"""A form that takes longer to arrive is given up."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of our pages: no script at all."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "content-security-policy": POLICY,
    "cache-control": "no-store",
}
_HOST_FREE = frozenset({"/healthz"})
"""Paths that are answered whatever ``Host`` a probe sends."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class TooLarge(Exception):
    """The body is longer than any form."""


class TooSlow(Exception):
    """The body did not arrive in time."""


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], secure: bool) -> None:
        self.app = app
        self.hosts = hosts
        self.headers = dict(HEADERS)
        if secure:
            self.headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        began = time.monotonic()
        status = [0]

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                message["headers"] = self._with_headers(message.get("headers", []), request_id)
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await _plain(answer, *refusal)
        else:
            await self.app(scope, _bounded(receive), answer)
        # The path alone: queries may hold what people search for.
        path = _CONTROL.sub("?", scope["path"])[:200]
        logs.logger(request=request_id).info(
            "answered", method=scope["method"], path=path, status=status[0], ms=round(1000 * (time.monotonic() - began))
        )

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers: MutableMapping[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in headers and name in (b"host", b"content-length", b"origin"):
                return 400, "Bad request."
            headers[name] = value
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > LONGEST_TARGET:
            return 414, "The address is too long."
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self.hosts and scope["path"] not in _HOST_FREE:
            return 421, "This station is not reached under that name."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return 400, "Bad request."
        if int(length) > LONGEST_BODY:
            return 413, "The request is too large."
        return None

    def _with_headers(self, given: Any, request_id: str) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _value in given}
        more = {**self.headers, "x-request-id": request_id}
        added = [(k.encode("ascii"), v.encode("ascii")) for k, v in more.items() if k.encode("ascii") not in present]
        return [*given, *added]


def _bounded(receive: Receive) -> Callable[[], Awaitable[Message]]:
    """``receive`` that gives up where a body is too long or too slow, whatever its ``Content-Length`` said."""
    taken = 0
    ends = time.monotonic() + BODY_SECONDS
    more = True

    async def take() -> Message:
        nonlocal taken, more
        if not more:  # The body has been read: what comes is the client's going away, whenever that is.
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, ends - time.monotonic()))
        except TimeoutError as error:
            raise TooSlow from error
        taken += len(message.get("body", b""))
        more = message.get("more_body", False)
        if taken > LONGEST_BODY:
            raise TooLarge
        return message

    return take


async def _plain(send: Send, status: int, text: str) -> None:
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

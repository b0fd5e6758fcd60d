"""Requests of the S3 protocol that sending needs, and who may make them: the holder of keys, or of presigned URLs."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from dsqc.errors import UsageError
from dsqc.sending.web import Answer, Request
from dsqc.station import S3Options
from dsqc.storage import s3

PARTS_A_PAGE = 1000
"""Parts that one listing of parts answers at most."""


class Kind(StrEnum):
    """What a request asks for."""

    PUT = "put"
    GET = "get"
    HEAD = "head"
    DELETE = "delete"
    CREATE = "create"
    PART = "part"
    PARTS = "parts"
    COMPLETE = "complete"
    ABORT = "abort"
    LIST = "list"
    UPLOADS = "uploads"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the protocol.

    Attributes:
        name: name in the inbox; empty for the listings.
        upload: id of the upload in parts.
        number: number of the part; of the part after which a listing of parts begins.
        content_md5: of the body, in base64.
        marks: where a listing goes on, as query parameters.
        only_new: refuse where something has this name (stores that know no conditions ignore it).
        checksum: have the answer name the store's own checksum.
    """

    kind: Kind
    name: str = ""
    upload: str = ""
    number: int = 0
    content_md5: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    only_new: bool = False
    checksum: bool = False


class Gate(Protocol):
    """Makes the requests that its holder may make.

    ``url``: the inbox, without secrets. ``may_begin``: whether uploads can be begun, dropped and listed.
    """

    url: str
    may_begin: bool

    def request(self, call: Call) -> Request:
        """The request of ``call``. Raises what keeps it from being made (a grant that has expired)."""
        ...

    def refused(self, answer: Answer) -> None:
        """Raise where the gate knows better than the store's code why it was refused."""
        ...

    def upload_id(self, name: str) -> str:
        """The upload that was begun for the holder; empty where the holder begins it."""
        ...

    def fixed_part(self, name: str) -> int | None:
        """Bytes of a part where they are settled (0: in one request); ``None`` where the holder chooses."""
        ...

    def refusal(self, name: str, size_bytes: int) -> str:
        """Why the holder may not send a file of this name and size; empty where that is allowed."""
        ...


_METHODS = {Kind.PUT: "PUT", Kind.PART: "PUT", Kind.HEAD: "HEAD", Kind.DELETE: "DELETE", Kind.ABORT: "DELETE"} | {
    Kind.CREATE: "POST",
    Kind.COMPLETE: "POST",
}


def method_of(kind: Kind) -> str:
    """The HTTP method."""
    return _METHODS.get(kind, "GET")


def headers_of(call: Call) -> dict[str, str]:
    """Headers besides those of a signature."""
    headers = {}
    if call.content_md5:
        headers["Content-MD5"] = call.content_md5
    if call.only_new:
        headers["If-None-Match"] = "*"
    if call.checksum:
        headers["x-amz-checksum-mode"] = "ENABLED"
    return headers


class KeyGate:
    """Requests signed with the keys of the environment (AWS Signature Version 4); keys that are renewed are heeded.

    Bodies are not part of the signature: their Content-MD5 is, and hashing them once is enough.
    """

    may_begin = True

    def __init__(self, url: str, options: S3Options) -> None:
        self.bucket, self.prefix = s3.split_url(url)
        self.url = f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"
        self._region = options.region
        s3.refuse_broken_keys(options)
        self._base = _base(self.bucket, options)
        self._signer = _Signer(options.region)

    def request(self, call: Call) -> Request:
        """Signed in its headers, good for some minutes."""
        method, url = method_of(call.kind), self._url(call)
        headers = self._signer.headers(method, url, headers_of(call))
        return Request(method, url, f"{self.url}/{call.name}" if call.name else self.url, headers)

    def presigned(self, call: Call, expires_s: int) -> str:
        """A URL that whoever holds it may use so long. A secret."""
        signed = {"Content-MD5": call.content_md5} if call.content_md5 else {}
        return self._signer.url(method_of(call.kind), self._url(call), signed, expires_s)

    def refused(self, answer: Answer) -> None:
        """Nothing to add: the store's code says it."""

    def upload_id(self, name: str) -> str:
        """None: uploads are begun by the holder."""
        return ""

    def fixed_part(self, name: str) -> int | None:
        """None is settled."""
        return None

    def refusal(self, name: str, size_bytes: int) -> str:
        """Whatever a file system holds may be sent."""
        return ""

    def _url(self, call: Call) -> str:
        prefix = f"{self.prefix}/" if self.prefix else ""
        if call.kind in (Kind.LIST, Kind.UPLOADS):
            query = {"prefix": prefix, **call.marks}
            query |= {"list-type": "2", "delimiter": "/"} if call.kind is Kind.LIST else {"uploads": ""}
            return f"{self._base}/?{urlencode(query, quote_via=quote)}"
        path = f"{self._base}/{quote(prefix + call.name, safe='/~')}"
        query = _query(call)
        return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _query(call: Call) -> dict[str, str]:
    if call.kind is Kind.CREATE:
        return {"uploads": ""}
    query = {"uploadId": call.upload} if call.upload else {}
    if call.kind is Kind.PART:
        query["partNumber"] = str(call.number)
    if call.kind is Kind.PARTS:
        query |= {"max-parts": str(PARTS_A_PAGE), "part-number-marker": str(call.number)}
    return query


def _base(bucket: str, options: S3Options) -> str:
    """Scheme and host (with the bucket in it where there is no endpoint of one's own), without a slash at the end."""
    import os

    endpoint = options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        if "://" not in endpoint or "@" in endpoint:
            raise UsageError(
                "The S3 endpoint is wrong.",
                hint="Write https://host[:port] into [s3] of station.toml or AWS_ENDPOINT_URL.",
            )
        return f"{endpoint.rstrip('/')}/{bucket}"
    host = f"s3.{options.region}.amazonaws.com"
    return f"https://{host}/{bucket}" if "." in bucket else f"https://{bucket}.{host}"


class _Signer:
    """botocore's signatures, over requests of our own."""

    def __init__(self, region: str) -> None:
        try:
            import botocore.session
            from botocore import auth
            from botocore.awsrequest import AWSRequest
            from botocore.config import Config
        except ImportError as error:
            raise UsageError(
                "s3:// needs the package botocore.",
                hint="Install it with: pip install 'dsqc[station]'; or ask the station for a grant (--grant).",
            ) from error
        self._region = region
        self._auth: Any = auth
        self._make: Callable[..., Any] = AWSRequest
        self._context = {"client_config": Config(s3={"payload_signing_enabled": False})}
        self._lock = threading.Lock()
        self._session: Any = botocore.session.get_session()
        self._credentials: Any = None

    def headers(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        request = self._request(method, url, headers)
        self._auth.S3SigV4Auth(self._frozen(), "s3", self._region).add_auth(request)
        return dict(request.headers.items())

    def url(self, method: str, url: str, headers: Mapping[str, str], expires_s: int) -> str:
        request = self._request(method, url, headers)
        self._auth.S3SigV4QueryAuth(self._frozen(), "s3", self._region, expires=expires_s).add_auth(request)
        return str(request.url)

    def _request(self, method: str, url: str, headers: Mapping[str, str]) -> Any:
        request = self._make(method=method, url=url, headers=dict(headers))
        request.context.update(self._context)
        return request

    def _frozen(self) -> Any:
        """The keys as they are now: those of a role are renewed by botocore."""
        with self._lock, s3.translated("the S3 store"):
            if self._credentials is None:
                self._credentials = self._session.get_credentials()
            if self._credentials is None:
                raise UsageError(
                    "No credentials for S3 were found.",
                    hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, "
                    "or ask the station for a grant and give it with --grant.",
                )
            return self._credentials.get_frozen_credentials()

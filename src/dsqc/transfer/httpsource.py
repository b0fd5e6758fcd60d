"""A submission on a web server: ``https://host/path/``, with or without directory pages, with or without ranges."""

import base64
import binascii
import re
import tempfile
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from dsqc.crypt4gh import sealed_name
from dsqc.errors import TransientFault, UsageError
from dsqc.findings import FindingLog
from dsqc.listing import is_bare, normalise
from dsqc.model import SHEETS
from dsqc.submission import sheet_files
from dsqc.submission.layout import WORKBOOK, workbooks_among
from dsqc.submission.table import MOST_BYTES
from dsqc.transfer.http_client import CREDENTIALS_HINT, RETRY_HINT, HttpClient, fault, finish
from dsqc.transfer.http_listing import LONGEST_PAGE_BYTES, names_on
from dsqc.transfer.sources import TIMEOUT_S, Entry, EntryKind, FileFault, SourceChanged

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

BLOCK_BYTES = 1 << 20
"""Most bytes of one block; a slow line gives what it has."""
ASKED_AT_ONCE = 8
"""Names that are asked for at the same time while the source is looked over."""
FORM_NAMES = (WORKBOOK, *(f"{sheet}.tsv" for sheet in SHEETS))
"""Forms as they are found without a directory page."""

_NO_HEAD = {400, 403, 405, 501}
"""Answers of servers that know GET only (or sign it only): GET decides then."""
_COMPRESSED = (".gz", ".bgz", ".bgzf", ".tgz", ".bz2", ".xz", ".zst", ".z", ".bam", ".bai", ".tbi", ".csi", ".crai")
"""Names of files that are compressed themselves: servers label them with a content encoding."""
_PAGES = (".html", ".htm", ".xhtml")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_URL_HINT = f"Write https://host/path/ of the directory that holds the forms and the data files. {CREDENTIALS_HINT}"


class HttpSource:
    """Files below a URL, one level.

    A web server lists nothing by itself. ``entries`` takes the names of its directory page where it has one, looks for
    the forms under their usual names where it has none, and asks for every file that the file sheet names. Any single
    name is asked for with ``stat``.

    Args:
        timeout_s: seconds without a byte after which a connection is given up.

    Raises:
        UsageError: the URL is wrong, or credentials are.
    """

    is_remote = True

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = _base(url)
        self.ranges = True
        """Whether the server begins in the middle of a file; known once a file has been asked for."""
        self._ranges_known = False
        self._lock = threading.Lock()
        self._timeout_s = timeout_s
        self._host = urlsplit(self.url).netloc
        self._client = HttpClient(self.url, timeout_s)

    def entries(self) -> list[Entry]:
        """Forms, the files that their file sheet names, and whatever else a directory page lists."""
        files, directories = self._page()
        found = self._ask(files)
        forms = sheet_files(name for name in found if is_bare(name))
        if not forms:
            found |= self._ask(name for name in FORM_NAMES if name not in found)
            forms = sheet_files(name for name in found if is_bare(name))
        if not found and not directories:
            raise UsageError(
                f"{self.url} shows neither a directory page nor a form ({WORKBOOK}, or {FORM_NAMES[1]} …).",
                hint=_URL_HINT,
            )
        known = {normalise(name) for name in (*found, *directories)}
        found |= self._ask_either_form(name for name in self._listed(found, forms) if name not in known)
        places = [Entry(name, 0, "", EntryKind.DIRECTORY) for name in directories]
        return sorted([*found.values(), *places], key=lambda entry: entry.name)

    def stat(self, name: str) -> Entry:
        """What the server says now, by HEAD, or by GET where it knows no HEAD."""
        answer = self._client.request("HEAD", self._address(name), _WANTED)
        finish(answer)
        self._learn_ranges(answer)
        size = _number(answer.headers.get("Content-Length", ""))
        # Some servers answer HEAD with the length of nothing: an empty file is looked at.
        if answer.status in _NO_HEAD or (answer.status == 200 and not size):
            return self._stat_by_get(name)
        _raise_for_status(answer)
        _check_content(answer, name)
        entry = _to_entry(name, answer.headers, size or 0)
        if entry.size_bytes and not self._ranges_known:
            self._stat_by_get(name)
        return entry

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of the version that ``entry`` tells of; a server without ranges sends those before, too."""
        end = entry.size_bytes if length is None else min(offset + length, entry.size_bytes)
        if offset >= end and entry.size_bytes:
            return
        headers = {}
        if (offset, end) != (0, entry.size_bytes):
            headers["Range"] = f"bytes={offset}-{end - 1}"
            validator = _validator(entry)
            headers |= {"If-Range": validator} if validator else {}
        answer = self._client.request("GET", self._address(entry.name), headers)
        try:
            begin = self._begin(answer, entry, offset, end)
            yield from _cut(_received(answer, self._host, self._timeout_s), offset - begin, end - offset)
        finally:
            finish(answer)

    def _begin(self, answer: "BaseHTTPResponse", entry: Entry, offset: int, end: int) -> int:
        """Where in the file the answer begins, once it is sure that it is the file that is meant."""
        if answer.status in {412, 416}:
            raise _changed(entry)
        _raise_for_status(answer)
        _check_content(answer, entry.name)
        is_part = answer.status == 206
        whole = (0, entry.size_bytes - 1, _number(answer.headers.get("Content-Length", "")))
        first, last, size = _content_range(answer) if is_part else whole
        size = entry.size_bytes if size is None else size
        now = _to_entry(entry.name, answer.headers, size)
        if (now.version, size) != (entry.version, entry.size_bytes):
            raise _changed(entry)
        if is_part and (first, last) != (offset, end - 1):
            raise FileFault("DSQC-F019", "the server sent other bytes than it was asked for")
        if not is_part and offset:
            self.ranges, self._ranges_known = False, True
        return first

    def _stat_by_get(self, name: str) -> Entry:
        """Ask for one byte: that tells the size, and whether the server begins in the middle."""
        answer = self._client.request("GET", self._address(name), {"Range": "bytes=0-0", **_WANTED})
        finish(answer)
        if answer.status == 416 and answer.headers.get("Content-Range", "").strip() == "bytes */0":
            return _to_entry(name, answer.headers, 0)
        _raise_for_status(answer)
        _check_content(answer, name)
        if answer.status == 206:
            size = _content_range(answer)[2]
            self.ranges = self.ranges if self._ranges_known else True
            self._ranges_known = True
        else:
            size = _number(answer.headers.get("Content-Length", ""))
            if size:
                self.ranges, self._ranges_known = False, True
        if size is None:
            raise FileFault("DSQC-F019", "the server does not say how many bytes the file has")
        return _to_entry(name, answer.headers, size)

    def _learn_ranges(self, answer: "BaseHTTPResponse") -> None:
        if answer.headers.get("Accept-Ranges", "").strip().casefold() == "none":
            self.ranges, self._ranges_known = False, True

    def _page(self) -> tuple[list[str], list[str]]:
        """Names of files and directories on the directory page; none where there is no such page."""
        answer = self._client.request("GET", self.url)
        try:
            kind = answer.headers.get("Content-Type", "").casefold()
            if answer.status != 200 or "html" not in kind:
                return [], []
            page = bytearray()
            for block in _received(answer, self._host, self._timeout_s):
                page += block
                if len(page) > LONGEST_PAGE_BYTES:
                    return [], []
        finally:
            finish(answer)
        return names_on(page.decode("utf-8", "surrogateescape"), self.url)

    def _ask(self, names: Iterable[str]) -> dict[str, Entry]:
        """Those of ``names`` that are there, several asked for at once."""
        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            entries = pool.map(self._stat_if_there, names)
            return {entry.name: entry for entry in entries if entry}

    def _ask_either_form(self, names: Iterable[str]) -> dict[str, Entry]:
        """The same for names in NFC, which the server may hold in NFD (as macOS writes them)."""
        wanted = list(names)
        found = self._ask(wanted)
        decomposed = (unicodedata.normalize("NFD", name) for name in wanted if name not in found)
        return found | self._ask(name for name in decomposed if name not in wanted)

    def _stat_if_there(self, name: str) -> Entry | None:
        try:
            return self.stat(name)
        except FileFault as refused:
            # There, but not to be had: whoever reads it gets told why.
            return None if refused.code == "DSQC-F003" else Entry(name, 0, "")

    def _listed(self, found: Mapping[str, Entry], forms: list[str]) -> list[str]:
        """Names that the file sheet of the forms gives (NFC), also encrypted; none where it cannot be read."""
        from dsqc.listing import is_closed, listed_files, read_listing

        # One workbook is the whole form; a listing without one has text sheets, and only one of them names files.
        wanted = [name for name in forms if name in workbooks_among(forms) or name.casefold() == "file.tsv"]
        with tempfile.TemporaryDirectory(prefix="dsqc-forms-") as folder:
            for name in wanted:
                if found[name].size_bytes > MOST_BYTES:
                    continue
                try:
                    blocks = list(self.blocks(found[name]))
                except FileFault:
                    continue
                (Path(folder) / normalise(name)).write_bytes(b"".join(blocks))
            submission = read_listing(Path(folder))
        names = dict.fromkeys(item.name for item in listed_files(submission, FindingLog()) if item.is_taken)
        # Data of a closed submission may have been encrypted by who put it there.
        encrypted = [] if is_closed(submission) is False else map(sealed_name, names)
        return list(dict.fromkeys([*names, *encrypted]))

    def _address(self, name: str) -> str:
        return self.url + quote(name.encode("utf-8", "surrogateescape"), safe="")


_WANTED = {"Want-Repr-Digest": "sha-256=2, md5=1"}


def _base(url: str) -> str:
    """The URL with a slash at its end and what is no ASCII percent-encoded."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise UsageError("The web address is wrong.", hint=_URL_HINT) from error
    if "@" in parts.netloc:
        raise UsageError("Credentials stand in the web address; they would stand in logs too.", hint=_URL_HINT)
    if not parts.hostname or not parts.netloc.isascii() or parts.query or parts.fragment:
        raise UsageError("The web address is wrong.", hint=_URL_HINT)
    path = parts.path
    if path.casefold().endswith((".xlsx", ".tsv", ".csv")):
        raise UsageError(f"{parts.netloc}{path} names a file.", hint=_URL_HINT)
    path = quote(path.rstrip("/"), safe="/%:@!$&'()*+,;=~") + "/"
    return f"{parts.scheme.casefold()}://{parts.netloc.casefold()}{path}"


def _received(answer: "BaseHTTPResponse", host: str, timeout_s: float) -> Iterator[bytes]:
    """The body as it is sent, nothing unpacked.

    Raises:
        TransientFault: the connection broke or stalled.
    """
    from urllib3.exceptions import HTTPError

    try:
        while block := answer.read1(BLOCK_BYTES, decode_content=False):
            yield block
    except (HTTPError, OSError) as error:
        raise fault(error, host, timeout_s) from error


def _cut(blocks: Iterator[bytes], skip: int, length: int) -> Iterator[bytes]:
    """``length`` bytes after the first ``skip``.

    Raises:
        TransientFault: there are fewer.
    """
    left = length
    for block in blocks:
        if skip >= len(block):
            skip -= len(block)
            continue
        piece = block[skip : skip + left]
        skip = 0
        left -= len(piece)
        if piece:
            yield piece
        if not left:
            return
    if left:
        raise TransientFault("The server ended before the last byte.", hint=RETRY_HINT)


def _to_entry(name: str, headers: Mapping[str, str], size_bytes: int) -> Entry:
    # A server that gives neither tag nor date leaves the size, and the checksums at the end.
    version = headers.get("ETag", "").strip() or headers.get("Last-Modified", "").strip() or str(size_bytes)
    digests = _digests(headers)
    return Entry(name, size_bytes, version, md5=digests.get("md5", ""), sha256=digests.get("sha256", ""))


def _validator(entry: Entry) -> str:
    """What ``If-Range`` may carry: a strong tag or a date (RFC 9110, 13.1.5); empty where there is none."""
    return entry.version if not entry.version.startswith("W/") and not entry.version.isdigit() else ""


def _digests(headers: Mapping[str, str]) -> dict[str, str]:
    """Checksums of the whole file that the server offers: Repr-Digest (RFC 9530), Digest (RFC 3230), Content-MD5."""
    found: dict[str, str] = {}
    said = [*headers.get("Repr-Digest", "").split(","), *headers.get("Digest", "").split(",")]
    if "Content-Range" not in headers:
        said.append(f"md5={headers.get('Content-MD5', '')}")
    for text in said:
        algorithm, _, value = text.strip().partition("=")
        name, size = {"md5": ("md5", 16), "sha-256": ("sha256", 32)}.get(algorithm.casefold(), ("", 0))
        try:
            digest = base64.b64decode(value.strip().strip(":"), validate=True)
        except (binascii.Error, ValueError):
            continue
        if name and len(digest) == size:
            found.setdefault(name, digest.hex())
    return found


def _raise_for_status(answer: "BaseHTTPResponse") -> None:
    status = answer.status
    if status in {200, 206}:
        return
    if status in {404, 410}:
        raise FileFault("DSQC-F003", f"no such file ({status})")
    if status == 403:
        raise FileFault("DSQC-F019", "access is denied (403)")
    raise FileFault("DSQC-F019", f"the server refused ({status})")


def _check_content(answer: "BaseHTTPResponse", name: str) -> None:
    """Refuse what is not the file as it is stored: a page in its place, or a body that the server compressed."""
    kind = answer.headers.get("Content-Type", "").casefold().partition(";")[0].strip()
    folded = name.casefold()
    if kind in {"text/html", "application/xhtml+xml"} and not folded.endswith(_PAGES):
        code = "DSQC-F003" if name in FORM_NAMES else "DSQC-F019"
        raise FileFault(code, "the server answers with a web page (a login page?)")
    encoding = answer.headers.get("Content-Encoding", "").strip().casefold()
    if encoding not in {"", "identity"} and not folded.endswith(_COMPRESSED):
        raise FileFault("DSQC-F019", "the server compresses the file on the way and does not say its size")


def _content_range(answer: "BaseHTTPResponse") -> tuple[int, int, int | None]:
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if not found:
        raise FileFault("DSQC-F019", "the server does not say which bytes it sends")
    first, last, size = found.groups()
    return int(first), int(last), None if size == "*" else int(size)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _changed(entry: Entry) -> SourceChanged:
    return SourceChanged(f"{entry.name} changed.", hint="Transfer again when nobody writes it.")

"""An inbox in S3, or in a store that speaks its language, reached with keys or with a grant's presigned URLs."""

import base64
import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from dsqc.errors import DsqcError, StorageFault, SystemFault, TransientFault
from dsqc.sending.claim import Claim
from dsqc.sending.destination import (
    Advance,
    DamagedAtFarEnd,
    Remote,
    Retrying,
    Upload,
    Whole,
    part_size,
    size_of_part,
)
from dsqc.sending.requests import PARTS_A_PAGE, Call, Gate, Kind
from dsqc.sending.web import Answer, Line, Web
from dsqc.storage import s3

COMPLETE_PATIENCE_S = 600.0
"""A store may need minutes to join thousands of parts, and says nothing meanwhile."""
_MD5_TAG = re.compile(r"[0-9a-f]{32}")


class S3Inbox:
    """Objects ``<inbox>/<name>``. A file appears when it is whole: in one request, or when its parts are joined."""

    def __init__(self, gate: Gate, line: Line, least_part: int) -> None:
        self.gate = gate
        self.url = gate.url
        self.line = line
        self.web = Web(line)
        self._least_part = least_part
        self._unfinished: dict[str, list[str]] = {}

    @contextlib.contextmanager
    def opened(self, claim: str) -> Iterator[None]:
        """Hold the claim object; see who else began uploads here."""
        with Claim(self.call, claim, self.line.stop).held():
            if self.gate.may_begin:
                self._unfinished = self._list_unfinished()
            yield

    def standing(self) -> dict[str, Remote]:
        """One listing, page by page; nothing where only single names may be asked for."""
        if not self.gate.may_begin:
            return {}
        found: dict[str, Remote] = {}
        marks: dict[str, str] = {}
        while True:
            answer = self.call(Call(Kind.LIST, marks=marks))
            if answer.code == "AccessDenied":
                return {}
            root = _xml(self._good(answer, self.url))
            prefix = root.findtext("Prefix") or ""
            for row in root.iter("Contents"):
                name = (row.findtext("Key") or "").removeprefix(prefix)
                tag = (row.findtext("ETag") or "").strip('"').lower()
                found[name] = Remote(int(row.findtext("Size") or 0), tag)
            if root.findtext("IsTruncated") != "true":
                return found
            marks = {"continuation-token": root.findtext("NextContinuationToken") or ""}

    def survey(self, sizes: Mapping[str, int]) -> frozenset[str]:
        """One listing, or one HEAD where only single names may be asked for; rights to write show when they are used.

        A grant may allow no look at all: then only its own names, sizes and time limit are known.
        """
        there = self.standing()
        if not there and sizes:
            name = next(iter(sizes))
            seen = self.look(name)
            there = {} if seen is None else {name: seen}
        return frozenset(name for name, size in sizes.items() if name in there and there[name].size_bytes == size)

    def look(self, name: str) -> Remote | None:
        """One HEAD request."""
        answer = self.call(Call(Kind.HEAD, name))
        if answer.code in s3.ABSENT or answer.status == 403:
            self.gate.refused(answer)
            return None
        self._good(answer, f"{self.url}/{name}")
        return Remote(int(answer.headers.get("content-length", "0")), answer.etag)

    def refusal(self, name: str, size_bytes: int) -> str:
        """What the gate says: a grant names files and sizes."""
        return self.gate.refusal(name, size_bytes)

    def part_bytes(self, name: str, size_bytes: int) -> int:
        """Files up to one part go in one request; a grant has settled it."""
        fixed = self.gate.fixed_part(name)
        if fixed is not None:
            return fixed
        return part_size(size_bytes, self._least_part) if size_bytes > self._least_part else 0

    def put(self, name: str, data: bytes, whole: Whole, advance: Advance, retrying: Retrying) -> str:
        """The ETag of the answer is the MD5 of what arrived; where it is not, the far end is asked."""
        call = Call(Kind.PUT, name, content_md5=_base64(whole.part_md5s[0]))
        answer = self._good(self.call(call, data, advance=advance, retrying=retrying), f"{self.url}/{name}")
        return answer.etag if answer.etag == whole.digests.md5 else self.prove(name, whole, whole.digests.md5)

    def begin(self, name: str, size_bytes: int, earlier: str) -> Upload:
        """An unfinished upload whose parts have our size is taken up; others stay until the file stands."""
        part_bytes = self.part_bytes(name, size_bytes)
        if not self.gate.may_begin:
            return self._begun_for_us(name, size_bytes, part_bytes)
        known = list(dict.fromkeys([*([earlier] if earlier else []), *reversed(self._unfinished.get(name, []))]))
        for upload_id in known:
            upload = S3Upload(self, name, size_bytes, part_bytes, upload_id)
            if upload.is_usable():
                return upload
        answer = self._good(self.call(Call(Kind.CREATE, name)), f"{self.url}/{name}")
        made = _xml(answer).findtext("UploadId") or ""
        return S3Upload(self, name, size_bytes, part_bytes, made)

    def _begun_for_us(self, name: str, size_bytes: int, part_bytes: int) -> Upload:
        upload = S3Upload(self, name, size_bytes, part_bytes, self.gate.upload_id(name))
        if not upload.is_usable():
            raise StorageFault(
                f"{self.url}/{name}: the store does not know this upload any more.",
                hint="Ask the station for a new grant (`dsqc grant issue`).",
            )
        return upload

    def is_same(self, name: str, there: Remote, whole: Whole, part_bytes: int) -> bool:
        """By the ETag; where that is not made as in S3 and another upload costs a new grant, by reading it back."""
        tag = composite(whole.part_md5s) if part_bytes else whole.digests.md5
        if there.tag == tag:
            return True
        if self.gate.may_begin or not part_bytes or there.tag.endswith(f"-{len(whole.part_md5s)}"):
            return False
        return self._read_back(name) == whole.digests.sha256

    def is_alive(self) -> bool:
        """Whether a request is answered, whatever the answer."""
        try:
            self.call(Call(Kind.LIST, marks={"max-keys": "1"}) if self.gate.may_begin else Call(Kind.HEAD, "sent.json"))
        except TransientFault:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self.web.close()

    def call(
        self,
        call: Call,
        body: bytes | memoryview = b"",
        *,
        advance: Advance = lambda _number: None,
        retrying: Retrying = lambda _reason: None,
        patience_s: float = 0,
    ) -> Answer:
        """Make a request of ``call`` and send it; any answer but "busy" comes back."""
        return self.web.send(
            lambda: self.gate.request(call), body, advance=advance, retrying=retrying, patience_s=patience_s
        )

    def prove(self, name: str, whole: Whole, tag: str) -> str:
        """Prove what stands under ``name``: by its ETag, by the store's own checksum, or by reading it back.

        Returns:
            The ETag.

        Raises:
            DamagedAtFarEnd: it is not what was sent; it was taken away where that is allowed.
        """
        head = self._good(self.call(Call(Kind.HEAD, name, checksum=True)), f"{self.url}/{name}")
        if int(head.headers.get("content-length", "-1")) == whole.digests.size_bytes:
            stored = head.headers.get("x-amz-checksum-sha256", "")
            if head.etag == tag or stored == _base64(bytes.fromhex(whole.digests.sha256)):
                return head.etag
            if self._read_back(name) == whole.digests.sha256:
                return head.etag
        with contextlib.suppress(SystemFault):
            self.call(Call(Kind.DELETE, name))
        raise DamagedAtFarEnd(name)

    def forget(self, name: str, upload_id: str) -> None:
        """Drop the other unfinished uploads of a file that stands now; best effort."""
        for other in self._unfinished.pop(name, []):
            if other != upload_id:
                with contextlib.suppress(SystemFault):
                    self.call(Call(Kind.ABORT, name, upload=other))

    def _read_back(self, name: str) -> str:
        digest = hashlib.sha256()
        answer = self.web.read(lambda: self.gate.request(Call(Kind.GET, name)), digest.update)
        self._good(answer, f"{self.url}/{name}")
        return digest.hexdigest()

    def _good(self, answer: Answer, what: str) -> Answer:
        if answer.is_good:
            return answer
        self.gate.refused(answer)
        raise _fault(answer, what)

    def _list_unfinished(self) -> dict[str, list[str]]:
        """Ids of unfinished uploads by name, the oldest first."""
        found: dict[str, list[str]] = {}
        marks: dict[str, str] = {}
        while True:
            answer = self.call(Call(Kind.UPLOADS, marks=marks))
            if answer.code in ("AccessDenied", "NoSuchUpload", "NotImplemented"):
                # Not ours to see; or a server that says so where nothing was ever sent in parts.
                return found
            root = _xml(self._good(answer, self.url))
            prefix = root.findtext("Prefix") or ""
            for row in root.iter("Upload"):
                name = (row.findtext("Key") or "").removeprefix(prefix)
                found.setdefault(name, []).append(row.findtext("UploadId") or "")
            if root.findtext("IsTruncated") != "true":
                return found
            marks = {
                "key-marker": root.findtext("NextKeyMarker") or "",
                "upload-id-marker": root.findtext("NextUploadIdMarker") or "",
            }


class S3Upload:
    """A multipart upload."""

    def __init__(self, inbox: S3Inbox, name: str, size_bytes: int, part_bytes: int, upload_id: str) -> None:
        self.id = upload_id
        self.part_bytes = part_bytes
        self._inbox = inbox
        self._call = Call(Kind.PART, name, upload=upload_id)
        self._size_bytes = size_bytes
        self._tags: dict[int, str] = {}
        self._listed: dict[int, Remote] | None = None
        self._what = f"{inbox.url}/{name}"

    def is_usable(self) -> bool:
        """Whether the store still knows it, and its parts are cut as ours."""
        listed = self._list()
        if listed is None:
            return False
        self._listed = listed
        last = -(-self._size_bytes // self.part_bytes)
        return all(
            number <= last and seen.size_bytes == size_of_part(number, self._size_bytes, self.part_bytes)
            for number, seen in listed.items()
        )

    def parts(self) -> Mapping[int, str]:
        """As the store lists them: the ETag of a part is its MD5."""
        listed, self._listed = self._listed, None
        return {number: seen.tag for number, seen in (listed or {}).items()}

    def send(self, number: int, data: bytes | memoryview, md5: bytes, advance: Advance, retrying: Retrying) -> None:
        """The store checks the Content-MD5; its answer is kept, to be seen again before the parts are joined."""
        call = replace(self._call, number=number, content_md5=_base64(md5))
        answer = self._inbox.call(call, data, advance=advance, retrying=retrying)
        if (answer.status == 501 or answer.code == "NoSuchUpload") and self._inbox.gate.may_begin:
            # A store that cannot replace a part that it has, or an upload that was swept: the file is begun anew.
            self.abort()
            raise DamagedAtFarEnd(self._call.name)
        self._tags[number] = self._inbox._good(answer, self._what).etag

    def complete(self, whole: Whole) -> str:
        """Look at every part, join them, look at the whole."""
        tags = self._proven_tags(whole)
        name, rows = (
            self._call.name,
            "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{escape(tag)}&quot;</ETag></Part>"
                for number, tag in enumerate(tags, 1)
            ),
        )
        body = (
            f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{rows}</CompleteMultipartUpload>'
        )
        call = replace(self._call, kind=Kind.COMPLETE)
        answer = self._inbox.call(call, body.encode(), patience_s=COMPLETE_PATIENCE_S)
        # "Not known any more" may mean that an answer got lost and the parts were joined: the object tells.
        if not answer.is_good and answer.code not in ("NoSuchUpload", "404"):
            self._inbox._good(answer, self._what)
        tag = self._inbox.prove(name, whole, composite(whole.part_md5s))
        self._inbox.forget(name, self.id)
        return tag

    def abort(self) -> None:
        """Best effort: whoever holds a grant only may not."""
        if self._inbox.gate.may_begin:
            with contextlib.suppress(SystemFault):
                self._inbox.call(replace(self._call, kind=Kind.ABORT))

    def _proven_tags(self, whole: Whole) -> list[str]:
        """ETags of all parts as the store lists them now, each equal to what was sent."""
        listed = self._list()
        if listed is None:
            return [md5.hex() for md5 in whole.part_md5s]
        tags = []
        for number, md5 in enumerate(whole.part_md5s, 1):
            seen = listed.get(number)
            size = size_of_part(number, whole.digests.size_bytes, self.part_bytes)
            # Stores that encrypt give tags that are no MD5: then it is the one that answered the part, which named
            # its Content-MD5, and the whole is proven another way.
            if seen is None or seen.size_bytes != size or seen.tag not in (md5.hex(), self._tags.get(number)):
                raise DamagedAtFarEnd(self._call.name)
            tags.append(seen.tag)
        return tags

    def _list(self) -> dict[int, Remote] | None:
        """Parts that stand there; ``None`` where the store knows nothing of the upload (any more)."""
        found: dict[int, Remote] = {}
        marker = 0
        while True:
            answer = self._inbox.call(replace(self._call, kind=Kind.PARTS, number=marker))
            if answer.code in ("NoSuchUpload", "NoSuchKey", "404"):
                return None
            root = _xml(self._inbox._good(answer, self._what))
            rows = list(root.iter("Part"))
            for row in rows:
                tag = (row.findtext("ETag") or "").strip('"').lower()
                found[int(row.findtext("PartNumber") or 0)] = Remote(int(row.findtext("Size") or 0), tag)
            # Some servers never say that there is more; a page that is not full is the last one.
            if root.findtext("IsTruncated") != "true" and len(rows) < PARTS_A_PAGE:
                return found
            if not rows:
                return found
            marker = max(found)


def composite(part_md5s: tuple[bytes, ...]) -> str:
    """The ETag of an object that was joined from parts."""
    return f"{hashlib.md5(b''.join(part_md5s), usedforsecurity=False).hexdigest()}-{len(part_md5s)}"


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _xml(answer: Answer) -> ElementTree.Element:
    """The answer's tree, names without their namespace."""
    try:
        root = ElementTree.fromstring(answer.body)  # noqa: S314 (the store's answer; expat bounds entities)
    except ElementTree.ParseError as error:
        raise StorageFault("The store answered with something that is no S3.", hint="Check the endpoint.") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _fault(answer: Answer, what: str) -> DsqcError:
    if 300 <= answer.status < 400:
        return StorageFault(f"{what}: the bucket lies elsewhere ({answer.code}).", hint="Set the region in [s3].")
    return s3.fault_of_code(answer.code, what)

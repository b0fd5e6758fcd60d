"""What a printed data certificate says, in words: labels, values and lists for the page and the PDF alike."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsqc.language import Language, Text
from dsqc.report.render import size

TITLE = Text("Data Certificate", "데이터 등록 인증서")
STATEMENT = Text(
    "The data named below is registered with this station. Its metadata and files are frozen by this certificate.",
    "아래 데이터가 본 데이터센터에 등록되어 있음을 증명합니다. 인증서 발급 뒤에는 내용을 변경할 수 없습니다.",
)
APPENDIX = Text("Appendix: files", "부록: 파일 목록")
COLUMNS = (Text("Run", "런"), Text("File", "파일"), Text("Bytes", "바이트"), Text("SHA-256", "SHA-256"))
NOT_NAMED = Text("(closed)", "(비공개)")
NO_LIST = Text("Files are not listed.", "파일 목록은 공개하지 않습니다.")
UNSIGNED = Text("not signed: the station has no signing key", "서명 없음: 데이터센터에 서명 키가 없음")
ROOT = Text(
    "Digest of all files: sha256sum FILES | cut -c1-64 | sort | sha256sum",
    "전체 파일 해시 계산: sha256sum 파일들 | cut -c1-64 | sort | sha256sum",
)
OFFLINE = Text(
    "To verify: `dsqc receipt verify` on the certificate's .json with the station's public key; its digest is above.",
    "확인: 인증서 .json 파일과 데이터센터 공개키로 `dsqc receipt verify`를 실행하고, 위 해시와 비교합니다.",
)
STATES = {
    "registered": Text("registered", "등록"),
    "released": Text("released", "공개"),
    "held": Text("held until its release date", "공개 유예"),
    "closed": Text("closed", "비공개"),
}
ACCESS = {"open": Text("open", "공개"), "closed": Text("closed", "비공개")}
_NUMBER = re.compile(r"(.*?)([0-9]+)$")

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Speaker:
    """The languages of a certificate; ``None`` for both, Korean first."""

    language: Language | None = None

    def say(self, text: Text) -> str:
        """``text`` in the language, or in both."""
        if self.language is not None:
            return text.get(self.language)
        return text.ko if text.ko == text.en else f"{text.ko} · {text.en}"

    def lines(self, text: Text) -> list[str]:
        """``text``, a line a language; a language that says nothing is left out."""
        chosen = [text.get(self.language)] if self.language else [text.ko, text.en]
        return list(dict.fromkeys(line for line in chosen if line)) or [text.ko or text.en]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the certificate: its label and its value, in a line or a few."""

    label: str
    lines: tuple[str, ...]
    is_code: bool = False


def rows(document: Data, speaker: Speaker) -> list[Row]:
    """The certificate's table; what says nothing is left out."""
    return [row for row in _rows(document, speaker) if any(row.lines)]


def _rows(document: Data, speaker: Speaker) -> Iterator[Row]:
    submission, project, files = document["submission"], document["project"], document["files"]

    def row(english: str, korean: str, *lines: str, is_code: bool = False) -> Row:
        return Row(speaker.say(Text(english, korean)), lines, is_code)

    def both(data: Data, name: str) -> list[str]:
        korean, english = data[f"{name}_ko"], data[f"{name}_en"]
        return speaker.lines(Text(english or korean, korean or english))

    yield row("Certificate", "인증서 번호", document["number"], is_code=True)
    yield row("Submission", "제출 등록번호", submission["accession"], is_code=True)
    yield row("Project", "과제 등록번호", project["accession"] or "", is_code=True)
    yield row("Title", "과제명", *both(project, "title"))
    yield row("Depositor", "제출자", *both(document["depositor"], "name"))
    yield row("Organisation", "기관", *both(document["depositor"], "organization"))
    yield row("Samples", "시료", *ranges(document["accessions"]["samples"]), is_code=True)
    yield row("Experiments", "실험", *ranges(document["accessions"]["experiments"]), is_code=True)
    yield row("Runs", "런", *ranges(document["accessions"]["runs"]), is_code=True)
    yield row("Registered", "등록일", submission["registered_at"])
    yield row("State", "상태", _state(submission, speaker))
    yield row("Issued", "발급일", document["issued_at"])
    yield row("Files", "파일", f"{files['count']:,} ({size(files['size_bytes'])})")
    yield row("Digest of all files", "전체 파일 해시", files["root_sha256"], is_code=True)
    anchor = document["history"]
    yield row("History", "이력", f"{anchor['sequence']} · {anchor['digest']}", is_code=True)


def _state(submission: Data, speaker: Speaker) -> str:
    state = speaker.say(STATES.get(submission["state"], Text(submission["state"], submission["state"])))
    access = speaker.say(ACCESS.get(submission["access"], Text(submission["access"], submission["access"])))
    day = f", {submission['release_date']}" if submission["release_date"] else ""
    return f"{state} ({access}{day})"


def ranges(numbers: Sequence[str]) -> list[str]:
    """Accessions in the order of their numbers, those that follow one another as one range."""
    found: list[list[str]] = []
    for number in sorted(numbers):
        if found and _follows(found[-1][-1], number):
            found[-1].append(number)
        else:
            found.append([number])
    return [group[0] if len(group) == 1 else f"{group[0]} – {group[-1]} ({len(group):,})" for group in found]


def _follows(one: str, other: str) -> bool:
    first, second = _NUMBER.match(one), _NUMBER.match(other)
    if first is None or second is None:
        return False
    return first[1] == second[1] and len(one) == len(other) and int(first[2]) + 1 == int(second[2])


def file_rows(document: Data, speaker: Speaker) -> list[tuple[str, str, str, str]]:
    """Rows of the appendix: run, name, bytes, SHA-256."""
    hidden = speaker.say(NOT_NAMED)
    return [
        (item["run"], hidden if item["name"] is None else item["name"], f"{item['size_bytes']:,}", item["sha256"])
        for item in document["files"]["list"]
    ]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a certificate is verified by.

    Attributes:
        digest: SHA-256 of the document.
        key_id, signature: empty where it is not signed.
        address: where its number can be looked up; empty where nowhere.
    """

    digest: str
    key_id: str
    signature: str
    address: str

    @property
    def code(self) -> str:
        """What the QR code holds: the address, or else number-free proof for whoever has the document."""
        return self.address or f"dsqc certificate sha256:{self.digest} key:{self.key_id or 'none'}"


def proof(document: Data, digest: str, address: str = "") -> Proof:
    """What ``document`` is verified by.

    Args:
        document: the certificate.
        digest: its SHA-256.
        address: the station's place for certificates, without a number.
    """
    signature = document.get("signature", {})
    place = f"{address}/{document['number']}" if address else ""
    return Proof(digest, str(signature.get("key_id", "")), str(signature.get("value", "")), place)


def qr_modules(text: str) -> list[list[bool]]:
    """The QR code of ``text`` (ISO/IEC 18004, error correction M): rows of modules, true for dark; no margin."""
    import segno

    return [[bool(module) for module in line] for line in segno.make(text, error="m", micro=False).matrix]

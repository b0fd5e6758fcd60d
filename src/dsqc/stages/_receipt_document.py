"""The receipt of a validation at the submitter's desk: what it says, and what makes one worth no look.

``validation-receipt.json`` names every file of the submission by its digests, everything the verdict depends on by its
version, and the results of every run by their digests; ``validation-results.zip`` holds these results. The signature
(Ed25519 over RFC 8785) covers all of it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from dsqc.language import Text
from dsqc.rule_set import versions_of
from dsqc.signing import BadSignature, Document, VerifyingKey, verify
from dsqc.version import __version__

KIND = "dsqc validation receipt"
LARGEST_RECEIPT_BYTES = 64 << 20
CLOCK_SKEW = timedelta(hours=1)
"""How far ahead of ours a signer's clock may be."""
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

Data = Mapping[str, Any]


class Refused(Exception):
    """A receipt that is not taken. ``is_forged``: it, or what came with it, is not what was signed."""

    def __init__(self, value: Text, expected: Text, *, is_forged: bool = False) -> None:
        super().__init__(value.en)
        self.value = value
        self.expected = expected
        self.is_forged = is_forged


_AS_SIGNED = Text("the two files as `dsqc validate --sign` writes them", "`dsqc validate --sign`이 쓴 그대로의 두 파일")
_SIGNED = Text("a signature of a key that the station trusts", "데이터센터가 신뢰하는 키의 서명")
_SAME_FILES = Text("exactly the files that were transferred", "전송된 파일과 정확히 같은 목록")
_BAD = {
    "unsigned": Text("it is not signed", "서명이 없음"),
    "algorithm": Text("its signature is not one of Ed25519", "Ed25519 서명이 아님"),
    "key": Text("its key is not trusted here", "이 데이터센터가 신뢰하지 않는 키"),
    "changed": Text("it was changed after it was signed", "서명한 뒤 변경됨"),
}


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that results depend on beside the files; two validations of the same basis say the same.

    Attributes:
        validation: content of ``validate.json``.
        panel: version of the panel of genomes; ``None`` for none.
        submission_sha256: of ``submission.json``: the forms as they are understood.
    """

    validation: Data
    panel: str | None
    submission_sha256: str

    def versions(self) -> dict[str, Any]:
        """By name."""
        found = versions_of(self.validation)
        return {
            "dsqc": __version__,
            "rule_set": found["rule_set"],
            "form": found["form"],
            "vocabularies": found["vocabularies"],
            "taxonomy": self.validation["taxonomy"]["sha256"],
            "panel": self.panel,
            "kbds_strict": self.validation["kbds_strict"],
        }


def read_receipt(data: bytes, trusted: Sequence[VerifyingKey]) -> tuple[Document, VerifyingKey]:
    """A receipt that a trusted key signed, in the published shape.

    Raises:
        Refused: it is none.
    """
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_no_twins)
    except (ValueError, RecursionError):
        raise Refused(Text("it cannot be read", "읽을 수 없음"), _AS_SIGNED, is_forged=True) from None
    if not isinstance(document, dict):
        raise Refused(Text("it is no JSON object", "JSON 객체가 아님"), _AS_SIGNED, is_forged=True)
    try:
        key = verify(document, trusted)
    except BadSignature as bad:
        raise Refused(_BAD[bad.kind], _SIGNED, is_forged=bad.kind in ("changed", "algorithm")) from None
    if not _schema().is_valid(document):
        raise Refused(Text("it has another shape", "형식이 다름"), _AS_SIGNED)
    return document, key


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two equal ones, each reader could take the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


@cache
def _schema() -> Any:
    path = files("dsqc.schemas").joinpath("reports/validation_receipt.schema.json")
    return jsonschema_rs.validator_for(json.loads(path.read_text(encoding="utf-8")))


def check_age(document: Document, now: datetime, max_age_days: float) -> None:
    """Refuse a receipt that is too old, or from the future.

    Raises:
        Refused: it is.
    """
    made = document["made_at"]
    expected = Text(f"at most {max_age_days:g} days old", f"서명한 지 {max_age_days:g}일 이내")
    try:
        age = now - datetime.strptime(made, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise Refused(Text("it has no date", "날짜가 없음"), expected) from None
    if age > timedelta(days=max_age_days):
        raise Refused(Text(f"it is of {made}", f"{made}에 서명됨"), expected)
    if age < -CLOCK_SKEW:
        raise Refused(Text(f"it is of the future ({made})", f"미래의 날짜({made})"), expected)


def check_basis(document: Document, basis: Basis) -> None:
    """Refuse a receipt that was made by other rules, or over forms that were read otherwise.

    Raises:
        Refused: it was.
    """
    said, ours = document["versions"], basis.versions()
    for name, version in ours.items():
        if said[name] != version:
            text = f"{name} {said[name]}"
            raise Refused(Text(text, text), Text(f"{name} {version}", f"{name} {version}"))
    if document["submission_sha256"] != basis.submission_sha256:
        raise Refused(Text("the forms are others", "양식이 다름"), _SAME_FILES)


def check_files(document: Document, transfer: Data) -> None:
    """Refuse a receipt that is not about exactly what was transferred: every file, no other, each by all its digests.

    Raises:
        Refused: it is not.
    """
    if any(row["state"] != "copied" for row in transfer["files"]):
        raise Refused(Text("files did not arrive", "도착하지 않은 파일이 있음"), _SAME_FILES)
    if any("encrypted" in row for row in transfer["files"]):
        raise Refused(Text("the submission is closed", "비공개 제출임"), Text("an open submission", "공개 제출"))
    ours, said = ({row["name"]: file_facts(row) for row in rows} for rows in (transfer["files"], document["files"]))
    if len(document["files"]) != len(said):
        raise Refused(Text("a file stands twice", "같은 파일이 두 번 있음"), _SAME_FILES)
    for name in sorted(ours.keys() - said.keys()):
        raise Refused(Text(f"it does not cover {name}", f"{name} 파일이 빠짐"), _SAME_FILES)
    for name in sorted(said.keys() - ours.keys()):
        raise Refused(Text(f"{name} is not there", f"{name} 파일이 없음"), _SAME_FILES)
    for name in sorted(ours):
        if ours[name] != said[name]:
            raise Refused(Text(f"{name} is another file now", f"{name} 파일이 바뀜"), _SAME_FILES)


def file_facts(row: Data) -> dict[str, Any]:
    """What a receipt says of a file."""
    return {name: row[name] for name in ("name", "kind", "size_bytes", "md5", "sha256")}


def check_runs(document: Document, expected: Mapping[str, Sequence[str]]) -> None:
    """Refuse a receipt that does not cover every run, each with all its results, and nothing else.

    Args:
        document: the receipt.
        expected: names of the results of every run, by its key.

    Raises:
        Refused: it does not.
    """
    whole = Text("every run with all its results", "모든 런과 그 결과 전부")
    if [run["key"] for run in document["runs"]] != list(expected):
        raise Refused(Text("it covers other runs", "런 목록이 다름"), whole)
    for run in document["runs"]:
        if [item["name"] for item in run["results"]] != list(expected[run["key"]]):
            raise Refused(Text(f"results of run {run['key']} are missing", f"런 {run['key']}의 결과가 빠짐"), whole)


def broken_results(what: str) -> Refused:
    """The results beside a receipt are not those that it lists."""
    text = Text(f"its results are not those that were signed ({what})", f"결과가 서명된 것과 다름({what})")
    return Refused(text, _AS_SIGNED, is_forged=True)


def unfit_results(key: str) -> Refused:
    """What was signed for cannot be the results of these files."""
    text = Text(f"the results of run {key} do not fit its files", f"런 {key}의 결과가 파일과 맞지 않음")
    return Refused(text, Text("results as this version of dsqc writes them", "이 버전의 dsqc가 쓴 결과"))


def no_results() -> Refused:
    """There is a receipt, and no results beside it."""
    return Refused(Text("its results did not come with it", "결과 파일이 함께 오지 않음"), _AS_SIGNED)


def distrusted(since: str) -> Refused:
    """The key signed a false receipt before."""
    text = Text(f"its key signed a false receipt ({since[:10]})", f"거짓 영수증에 서명한 적이 있는 키({since[:10]})")
    return Refused(text, _SIGNED)


def receipt_digest(data: bytes) -> str:
    """SHA-256 of the file."""
    return hashlib.sha256(data).hexdigest()

"""Why a correction of something registered is not taken, in words (DSQC-G003)."""

from collections.abc import Sequence

from dsqc.catalog.intake import Refusal
from dsqc.language import Text

FROZEN = "DSQC-G003"
MOST_NAMED = 5
_NEW = Text(
    "Submit new samples and data under another submission_alias.",
    "새 시료와 데이터는 다른 submission_alias로 제출하세요.",
)
_KINDS = {
    "sample": Text("samples", "시료"),
    "experiment": Text("experiments", "실험"),
    "run": Text("runs", "런"),
}


def certified(alias: str, accession: str, at: str) -> Refusal:
    """A data certificate was issued."""
    return Refusal(
        FROZEN,
        "submission",
        alias,
        Text(
            f'"{alias}" is registered as {accession}, and a data certificate was issued for it on {at[:10]}: '
            "nothing of it changes any more.",
            f'"{alias}"은(는) {accession}(으)로 등록되었고 {at[:10]}에 데이터 인증서가 발급되어 더 바꿀 수 없습니다.',
        ),
        _NEW,
    )


def final(alias: str, accession: str, state: str) -> Refusal:
    """It was withdrawn or rejected."""
    return Refusal(
        FROZEN,
        "submission",
        alias,
        Text(
            f'"{alias}" is {state} ({accession or "never registered"}) and takes no other content.',
            f'"{alias}"은(는) {state} 상태({accession or "등록된 적 없음"})이며 다른 내용을 받지 않습니다.',
        ),
        _NEW,
    )


def withdrawn(alias: str, accession: str, at: str, reason: str) -> Refusal:
    """It was withdrawn after it was registered."""
    return Refusal(
        FROZEN,
        "submission",
        alias,
        Text(
            f'"{alias}" was registered as {accession} and withdrawn on {at[:10]}: {reason}',
            f'"{alias}"은(는) {accession}(으)로 등록되었다가 {at[:10]}에 철회되었습니다: {reason}',
        ),
        _NEW,
    )


def discarded(alias: str) -> Refusal:
    """It was given up before it was registered, with exactly this content."""
    return Refusal(
        FROZEN,
        "submission",
        alias,
        Text(
            f'"{alias}" was given up with this content before it was registered.',
            f'"{alias}"은(는) 등록 전에 이 내용으로 폐기되었습니다.',
        ),
        Text(
            "Hand in other content, or this under another submission_alias.",
            "다른 내용을 제출하거나, 같은 내용은 다른 submission_alias로 제출하세요.",
        ),
    )


def other_objects(kind: str, added: Sequence[str], removed: Sequence[str], accession: str) -> Refusal:
    """Objects came or went: a submission is one act, and names are how its objects are known."""
    new, gone = _listed(added), _listed(removed)
    english = " and ".join(part for part in (new and f"has also {new}", gone and f"lacks {gone}") if part)
    korean = ", ".join(part for part in (new and f"추가: {new}", gone and f"없음: {gone}") if part)
    return Refusal(
        FROZEN,
        kind,
        (*added, *removed)[0],
        Text(
            f"What is registered as {accession} has other {_KINDS[kind].en}: this {english}. A correction changes what "
            "is said of them, not which there are or what they are called.",
            f"{accession}(으)로 등록된 {_KINDS[kind].ko}와(과) 다릅니다({korean}). 정정은 객체의 내용만 바꿀 수 있고, "
            "객체를 더하거나 빼거나 이름을 바꿀 수 없습니다.",
        ),
        Text(
            f"Keep the registered names. {_NEW.en} To take something back, ask the station to withdraw it.",
            f"등록된 이름을 그대로 두세요. {_NEW.ko} 철회는 스테이션에 요청하세요.",
        ),
    )


def fixed_value(kind: str, name: str, attribute: str, before: str, present: str) -> Refusal:
    """An attribute that a correction cannot change."""
    return Refusal(
        FROZEN,
        kind,
        name,
        Text(
            f'{attribute} of "{name}" is registered as "{before}", this says "{present}"; a correction cannot '
            "change it.",
            f'"{name}"의 {attribute}은(는) "{before}"(으)로 등록되어 있는데 "{present}"(이)라고 합니다. '
            "정정으로는 바꿀 수 없습니다.",
        ),
        Text(
            "Write the registered value; ask the station where that has to change (access and release have a procedure "
            "of their own).",
            "등록된 값을 적으세요. 바꾸어야 한다면 스테이션에 문의하세요(접근 수준과 공개일은 별도 절차를 따릅니다).",
        ),
    )


def other_files(run: str, accession: str, names: Sequence[str]) -> Refusal:
    """Files of a run have other bytes, and nobody said that they replace the registered ones."""
    listed = _listed(names)
    return Refusal(
        FROZEN,
        "run",
        run,
        Text(
            f'The files of run "{run}" are not those registered as {accession}: {listed}. Corrected sheets alone '
            "make a new version; other files are taken only as a replacement that somebody asked for.",
            f'런 "{run}"의 파일이 {accession}(으)로 등록된 것과 다릅니다: {listed}. '
            "시트의 정정만 새 판이 되며, 다른 파일은 교체를 요청한 경우에만 받습니다.",
        ),
        Text(
            "Hand in the registered files; where they are to be replaced, the station runs "
            "`dsqc register --replace-files`, which keeps the old ones.",
            "등록된 파일을 제출하세요. 교체하려면 스테이션이 `dsqc register --replace-files`를 실행합니다(이전 파일은 "
            "보존됩니다).",
        ),
    )


def other_project(alias: str, before: str, present: str) -> Refusal:
    """It names another project than it was registered with."""
    return fixed_value("submission", alias, "bioproject", before, present)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" … ({len(names)})" if len(names) > MOST_NAMED else "")

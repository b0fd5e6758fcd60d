"""The rule registry: every finding's code with its severity and its texts, read from ``dsqc.schemas/rules/*.toml``."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from dsqc.errors import SystemFault
from dsqc.language import Text

OURS = "dsqc"
"""``upstream`` of a rule that follows nobody else's."""


class Severity(StrEnum):
    """How much a finding weighs. One ``error`` fails the submission."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst; for sorting."""
        return ("error", "warning", "info").index(self.value)


class RuleState(StrEnum):
    """Whether this version of dsqc checks the rule, or only keeps its code."""

    ACTIVE = "active"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the registry. Codes are never reused and never re-meant.

    ``message`` and ``fix`` are templates over ``{value}``, ``{expected}``, ``{object_id}`` and further parameters.
    ``kind`` is the diagnosis of the station's procedure that the rule belongs to: column, date, pattern, code
    (metadata), relation (across rows and sheets), real (the data itself), curation, privacy (people in the data).
    ``needs`` names what the check cannot do without: ``network``, ``catalog``, ``auth``. ``upstream`` is the rule of
    another archive, or the document, that the rule follows; ``dsqc`` where it is ours. ``good`` and ``bad`` are an
    allowed and a refused value, or say in a few words what one looks like. ``suggests`` says whether its findings may
    carry a suggestion, which a corrected copy takes over where it is certain.
    """

    code: str
    severity: Severity
    kind: str
    object: str
    state: RuleState
    since: str
    name: Text
    message: Text
    fix: Text
    upstream: str
    good: Text
    bad: Text
    suggests: bool = False
    needs: tuple[str, ...] = ()
    curator_may_override: bool = False


def _example(row: dict[str, Any], name: str) -> Text:
    """A value is the same in both languages; words about one are not."""
    shown = row.get(name, "")
    return Text(shown, row.get(f"{name}_ko", shown))


@cache
def rules() -> dict[str, Rule]:
    """All rules by code, in the order of their codes.

    Raises:
        SystemFault: the registry is damaged (our fault: it travels in the wheel).
    """
    found: dict[str, Rule] = {}
    for entry in sorted(files("dsqc.schemas").joinpath("rules").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        for code, row in tomllib.loads(entry.read_text(encoding="utf-8")).items():
            if code in found:
                raise SystemFault(f"Rule {code} stands twice in the registry ({entry.name}).")
            try:
                found[code] = Rule(
                    code=code,
                    severity=Severity(row["severity"]),
                    kind=row["kind"],
                    object=row["object"],
                    state=RuleState(row["state"]),
                    since=row["since"],
                    name=Text(row["name_en"], row["name_ko"]),
                    message=Text(row["message_en"], row["message_ko"]),
                    fix=Text(row["fix_en"], row["fix_ko"]),
                    upstream=row.get("upstream", OURS),
                    good=_example(row, "good"),
                    bad=_example(row, "bad"),
                    suggests=row.get("suggests", False),
                    needs=tuple(row.get("needs", ())),
                    curator_may_override=row.get("curator_may_override", False),
                )
            except (KeyError, ValueError) as error:
                raise SystemFault(f"Rule {code} in {entry.name} is malformed: {error}.") from error
    return dict(sorted(found.items()))


def rule(code: str) -> Rule:
    """The rule of ``code``.

    Raises:
        SystemFault: no such code: our fault, a finding was made with a code that the registry does not hold.
    """
    try:
        return rules()[code]
    except KeyError as error:
        raise SystemFault(f"No rule has the code {code}.") from error

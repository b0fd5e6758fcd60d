"""The rule registry: every finding's code with its severity and texts, from ``rules/*.toml`` of the rule set."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

from dsqc.errors import SystemFault
from dsqc.language import Text
from dsqc.rule_data import package_data, schemas

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
    """Whether a rule set checks the rule, only keeps its code, or does not check it any more.

    The function of a retired rule stays: rule sets that were released before still check it.
    """

    ACTIVE = "active"
    RESERVED = "reserved"
    RETIRED = "retired"


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
    """All rules of the rule set in force by code, in the order of their codes.

    Raises:
        SystemFault: the registry is damaged (our fault: it travels in the wheel).
    """
    return _read(schemas())


@cache
def own_rules() -> dict[str, Rule]:
    """All rules that this version of dsqc has functions for, whatever rule set is in force."""
    return _read(package_data())


def own_rule(code: str) -> Rule:
    """The rule of ``code`` as this version of dsqc has it.

    Raises:
        SystemFault: it has none.
    """
    try:
        return own_rules()[code]
    except KeyError as error:
        raise SystemFault(f"No rule has the code {code}.") from error


def applies(code: str) -> bool:
    """Whether the rule set in force checks ``code``: it knows it, and has it active."""
    entry = rules().get(code)
    return entry is not None and entry.state is RuleState.ACTIVE


def _read(root: Traversable) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for entry in sorted(root.joinpath("rules").iterdir(), key=lambda item: item.name):
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
    """The rule of ``code``; under an older rule set that does not know it, as this version of dsqc has it.

    Raises:
        SystemFault: no such code: our fault, a finding was made with a code that the registry does not hold.
    """
    entry = rules().get(code)
    return own_rule(code) if entry is None else entry

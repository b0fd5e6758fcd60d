"""All cases of the zoo."""

from zoo import alignments, containers, grammar, pairs
from zoo.case import Case

KINDS: dict[str, list[Case]] = {
    "containers": containers.CASES,
    "text": grammar.CASES,
    "pairs": pairs.CASES,
    "alignments": alignments.CASES,
}
CASES = [case for cases in KINDS.values() for case in cases]

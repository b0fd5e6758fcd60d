"""Rules on which sample was made from which."""

from collections.abc import Iterator

from dsqc.findings import Finding
from dsqc.language import Text
from dsqc.model import Row
from dsqc.rules.checking import Check, rule
from dsqc.rules.dates import ends, first_day, last_day

ITSELF = Text("it names itself", "자기 자신을 가리킵니다")
RING = Text("a ring: {}", "고리를 이룹니다: {}")
LATER = Text("{} was collected later ({})", "{}(은)는 더 나중에 채취되었습니다({})")
ORIGIN = {"expected": "a sample that was there before", "expected_ko": "먼저 있던 시료"}
LONGEST_RING = 6
"""Samples of a ring that a finding names."""


@rule("DSQC-S031")
def descent(check: Check) -> Iterator[Finding]:
    """``derived_from`` points at the sample itself, in a ring, or at a sample that was collected later."""
    parents = _parents(check)
    rings = _rings(parents)
    for name, above in parents.items():
        for row in check.index("sample", "sample_name")[name]:
            if name in above:
                yield _finding(check, row, ITSELF)
            elif name in rings:
                yield _finding(check, row, _fill(RING, _shown(check, rings[name])))
            else:
                yield from _later(check, row, above)


def _finding(check: Check, row: Row, what: Text) -> Finding:
    return check.finding("DSQC-S031", row, "derived_from", value=what.en, value_ko=what.ko, **ORIGIN)


def _fill(text: Text, *values: str) -> Text:
    return Text(text.en.format(*values), text.ko.format(*values))


def _parents(check: Check) -> dict[str, tuple[str, ...]]:
    """Folded name -> folded names that it derives from, of samples of this submission only."""
    named = check.index("sample", "sample_name")
    found: dict[str, tuple[str, ...]] = {}
    for name, rows in named.items():
        parts = (part.strip().casefold() for row in rows for part in row.get("derived_from").split(";"))
        above = tuple(dict.fromkeys(part for part in parts if part in named))
        if above:
            found[name] = above
    return found


def _rings(parents: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Samples that stand in a ring of two and more, each with the ring (strongly connected samples, Tarjan)."""
    found: dict[str, tuple[str, ...]] = {}
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()
    for start in parents:
        if start in order:
            continue
        path: list[tuple[str, Iterator[str]]] = []

        def enter(name: str, path: list[tuple[str, Iterator[str]]] = path) -> None:
            order[name] = lowest[name] = len(order)
            open_names.append(name)
            is_open.add(name)
            path.append((name, iter(parents.get(name, ()))))

        enter(start)
        while path:
            name, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == order[name]:
                    members = [open_names.pop()]
                    while members[-1] != name:
                        members.append(open_names.pop())
                    is_open.difference_update(members)
                    ring = tuple(sorted(members))
                    if len(ring) > 1:
                        found.update(dict.fromkeys(ring, ring))
            elif following not in order:
                enter(following)
            elif following in is_open:
                lowest[name] = min(lowest[name], order[following])
    return found


def _shown(check: Check, ring: tuple[str, ...]) -> str:
    names = [check.index("sample", "sample_name")[name][0].get("sample_name") for name in ring[:LONGEST_RING]]
    return ", ".join(names) + (" …" if len(ring) > LONGEST_RING else "")


def _later(check: Check, row: Row, above: tuple[str, ...]) -> Iterator[Finding]:
    own = ends(row.get("collection_date"))
    taken = last_day(own[1]) if own else None
    if taken is None:
        return
    for name in above:
        for parent in check.index("sample", "sample_name")[name]:
            date = ends(parent.get("collection_date"))
            begins = first_day(date[0]) if date else None
            if begins is not None and begins > taken:
                shown = parent.get("sample_name"), parent.get("collection_date")
                yield _finding(check, row, _fill(LATER, *shown))

"""Rules on organisms: names, taxonomy ids, their place in the taxonomy, and what does not go with it."""

from collections.abc import Callable, Iterator
from typing import Any

from dsqc.findings import KEPT_PER_GROUP, Finding, Suggestion
from dsqc.forms import Requirement, is_missing_term
from dsqc.language import Text
from dsqc.model import Row
from dsqc.registry import Severity
from dsqc.rules.checking import Check, rule
from dsqc.rules.organisms import METAGENOME, OrganismReader, Part, Reading, TaxonFault, is_name
from dsqc.taxonomy import ARCHAEA, BACTERIA, UNCLASSIFIED, UNIDENTIFIED, VIRUSES, NameKind, Taxon

SHEET = "sample"
ORGANISM, TAXONOMY_ID = "organism", "taxonomy_id"
HOST, HOST_TAXONOMY_ID = "host", "host_taxid"
SOURCE = "isolation_source"
SEX, VOUCHER = "sex", "specimen_voucher"
SEXLESS = (BACTERIA, ARCHAEA, VIRUSES)
VOUCHERLESS = (BACTERIA, UNCLASSIFIED)
NOT_APPLICABLE = "not applicable"
_EMPTY = Text("an empty cell", "빈칸")
_BELOW_SPECIES = Text("a species, or a rank below it", "종 또는 그 아래 수준")

Verdict = tuple[str, str, dict[str, Any]]
"""Code, attribute, and the further arguments of the finding."""


@rule("DSQC-S006", "DSQC-S007", "DSQC-S008", "DSQC-S009", "DSQC-S010")
def organism(check: Check) -> Iterator[Finding]:
    """The organism: its name, its id, its rank, and whether the package is for it."""
    suggest = _among_first(check, ORGANISM, TAXONOMY_ID)
    known: dict[tuple[str, str], list[Verdict]] = {}
    for row in check.rows(SHEET):
        key = (row.get(ORGANISM), row.get(TAXONOMY_ID))
        if key not in known:
            known[key] = list(_judge_organism(check, *key, suggest=key[0] in suggest))
        for code, attribute, arguments in known[key]:
            yield check.finding(code, row, attribute, **arguments)


@rule("DSQC-S028")
def host(check: Check) -> Iterator[Finding]:
    """The host by its scientific name. Its id, where the form has one, is judged as the organism's is."""
    suggest = _among_first(check, HOST, HOST_TAXONOMY_ID)
    known: dict[tuple[str, str], list[Verdict]] = {}
    for row in check.rows(SHEET):
        key = (row.get(HOST), row.get(HOST_TAXONOMY_ID))
        if key not in known:
            known[key] = list(_judge_host(check, *key, suggest=key[0] in suggest))
        for code, attribute, arguments in known[key]:
            yield check.finding(code, row, attribute, **arguments)


def _among_first(check: Check, name: str, id_name: str) -> frozenset[str]:
    """Unknown names of the rows whose findings are kept: only for these are names like them looked for."""
    read = check.organisms.read
    rows = [row for row in check.rows(SHEET) if row.get(name)]
    unknown = [row for row in rows if read(row.get(name), row.get(id_name)).has_unknown_name]
    unknown.sort(key=lambda row: (row.get("sample_name"), row.number))
    return frozenset(row.get(name) for row in unknown[:KEPT_PER_GROUP])


def _judge_organism(check: Check, name: str, id_text: str, *, suggest: bool) -> Iterator[Verdict]:
    reader = check.organisms
    reading = reader.read(name, id_text)
    other = _other_kind(check, name, reading)
    for fault in reading.faults:
        # Of a name in Korean T009 says already that it must be another, and which.
        if (other is None and name.isascii()) or fault.part is Part.ID:
            yield _verdict(reader, name, id_text, fault, (ORGANISM, TAXONOMY_ID), suggest=suggest)
    if other is not None:
        yield other
    elif reading.taxon is not None:
        yield from _place(check, name, reading.taxon)


def _judge_host(check: Check, name: str, id_text: str, *, suggest: bool) -> Iterator[Verdict]:
    reader = check.organisms
    for fault in reader.read(name, id_text).faults if name else ():
        if fault.part is Part.NAME and not name.isascii():
            continue  # T009 says so.
        code, attribute, arguments = _verdict(reader, name, id_text, fault, (HOST, HOST_TAXONOMY_ID), suggest=suggest)
        yield ("DSQC-S028" if attribute == HOST and code == "DSQC-S007" else code), attribute, arguments


def _verdict(
    reader: OrganismReader, name: str, id_text: str, fault: TaxonFault, attributes: tuple[str, str], *, suggest: bool
) -> Verdict:
    shown = reader.with_nearest(name, fault) if suggest else fault
    return (
        fault.code,
        attributes[0 if fault.part is Part.NAME else 1],
        {
            "expected": shown.expected.en,
            "expected_ko": shown.expected.ko,
            "suggestion": shown.suggestion,
            "name": name,
            "taxid": id_text,
            **_told("seen", fault.seen),
            **_snapshot(reader),
        },
    )


def _told(name: str, text: Text) -> dict[str, str]:
    return {name: text.en, f"{name}_ko": text.ko}


def _snapshot(reader: OrganismReader) -> dict[str, str]:
    """Which snapshot was looked in: a name that a small one lacks may still be right."""
    about = reader.taxonomy.about
    part, part_ko = ("", "") if about.is_whole else (", a selection", ", 일부만 담음")
    return {
        "snapshot": f"{about.source} {about.date}, {about.taxa} taxa{part}",
        "snapshot_ko": f"{about.source} {about.date}, 분류군 {about.taxa}개{part_ko}",
    }


def _other_kind(check: Check, name: str, reading: Reading) -> Verdict | None:
    """S010: the organism of a community that is no metagenome. A "... metagenome" that is unknown is S007's."""
    reader = check.organisms
    if not check.form.organisms.is_community or not is_name(name):
        return None
    named = reader.taxonomy.find(name)
    taxon = named[0].taxon if named else None
    if (taxon is not None and reader.is_metagenome(taxon)) or (taxon is None and name.casefold().endswith(METAGENOME)):
        return None
    if taxon is None and not name.isascii():
        return None
    meant = _meant_metagenome(reader, name, reading)
    listed = meant.value if meant else "soil metagenome, human gut metagenome, seawater metagenome …"
    return "DSQC-S010", ORGANISM, {"expected": listed, "suggestion": meant}


def _meant_metagenome(reader: OrganismReader, name: str, reading: Reading) -> Suggestion | None:
    """The metagenome of the id, or the one that is named but for the word."""
    if reading.of_id is not None and reader.is_metagenome(reading.of_id):
        return Suggestion(reading.of_id.name, 0.95)
    for match in reader.taxonomy.find(f"{name} {METAGENOME}"):
        if match.kind in (NameKind.SCIENTIFIC, NameKind.LETTER_CASE):
            return Suggestion(match.taxon.name, 0.8)
    return None


def _place(check: Check, name: str, taxon: Taxon) -> Iterator[Verdict]:
    """S009, the package is for others; else S008, the taxon is above species."""
    taxonomy, wanted = check.context.taxonomy, check.form.organisms
    if not wanted.takes(taxonomy.lineage(taxon.id)):
        allowed = _lineages(check)
        arguments = {"expected": allowed.en, "expected_ko": allowed.ko, "package": check.form.package}
        yield "DSQC-S009", ORGANISM, {"value": name or taxon.name, **arguments}
    elif not taxonomy.is_species_or_below(taxon.id) and not check.organisms.is_metagenome(taxon):
        arguments = {"expected": _BELOW_SPECIES.en, "expected_ko": _BELOW_SPECIES.ko, "rank": taxon.rank}
        yield "DSQC-S008", ORGANISM, {"value": name or taxon.name, **arguments}


def _lineages(check: Check) -> Text:
    """What the package is for, by the names of the lineages."""
    wanted, taxonomy = check.form.organisms, check.context.taxonomy

    def names(ids: tuple[int, ...]) -> str:
        # A selection may lack some of them; those that it holds are named.
        held = [found.name for one in ids if (found := taxonomy.taxon(one)) is not None]
        return ", ".join(held or map(str, ids))

    if not wanted.without:
        return Text(names(wanted.within), names(wanted.within))
    other = names(wanted.without)
    if not wanted.within:
        return Text(f"any organism but {other}", f"다음을 뺀 생명체: {other}")
    return Text(f"{names(wanted.within)} but {other}", f"{names(wanted.within)}({other} 제외)")


@rule("DSQC-S022")
def unnamed_pathogen(check: Check) -> Iterator[Finding]:
    """Samples of which a strain or the like must be known, and that carry missing-value terms in its place."""
    members = [
        item.name
        for item in check.columns[SHEET].values()
        if item.group and item.group == check.form.organisms.named_group
    ]
    for row in check.rows(SHEET):
        given = {name: row.get(name) for name in members if row.get(name)}
        if given and all(map(is_missing_term, given.values())):
            yield check.finding("DSQC-S022", row, next(iter(given)), expected=", ".join(members))


@rule("DSQC-S025")
def sex(check: Check) -> Iterator[Finding]:
    """The sex of what has none. Where a host is named, forms that ask for it mean the host's."""
    holds = _within(check, SEXLESS)
    for row in check.rows(SHEET):
        if not is_name(row.get(SEX)) or is_name(row.get(HOST)) or not holds(row):
            continue
        attribute = check.columns[SHEET].get(SEX)
        is_asked = attribute is not None and check.requirement(row, attribute) is Requirement.MANDATORY
        expected = Text(NOT_APPLICABLE, NOT_APPLICABLE) if is_asked else _EMPTY
        meant = Suggestion(NOT_APPLICABLE if is_asked else "", 0.5)
        yield check.finding(
            "DSQC-S025",
            row,
            SEX,
            expected=expected.en,
            expected_ko=expected.ko,
            suggestion=meant,
            name=row.get(ORGANISM),
        )


@rule("DSQC-S026")
def voucher(check: Check) -> Iterator[Finding]:
    """A specimen of what is kept as a culture, or of what nobody has seen.

    A form that asks for one all the same (K-BDS, counted strictly) makes it a warning: the submitter cannot do both.
    """
    holds = _within(check, VOUCHERLESS)
    column = check.columns[SHEET].get(VOUCHER)
    is_asked = column is not None and column.requirement is Requirement.MANDATORY
    for row in check.rows(SHEET):
        if is_name(row.get(VOUCHER)) and holds(row):
            told = {"expected": _EMPTY.en, "expected_ko": _EMPTY.ko, "name": row.get(ORGANISM)}
            if is_asked:
                yield check.finding("DSQC-S026", row, VOUCHER, severity=Severity.WARNING, **told)
            else:
                yield check.finding("DSQC-S026", row, VOUCHER, suggestion=Suggestion("", 0.5), **told)


def _within(check: Check, lineages: tuple[int, ...]) -> Callable[[Row], bool]:
    """Whether the organism of a row stands in one of ``lineages``. One that does not fit the package is S009's."""
    taxonomy, wanted = check.context.taxonomy, check.form.organisms

    def holds(row: Row) -> bool:
        taxon = check.organisms.read(row.get(ORGANISM), row.get(TAXONOMY_ID)).taxon
        if taxon is None or taxon.id == UNIDENTIFIED:
            return False
        lineage = taxonomy.lineage(taxon.id)
        return wanted.takes(lineage) and not set(lineage).isdisjoint(lineages)

    return holds


@rule("DSQC-S027")
def repeated_value(check: Check) -> Iterator[Finding]:
    """Organism, host and isolation source of a sample that say the same, letter case and blanks ignored."""
    for row in check.rows(SHEET):
        seen: dict[str, str] = {}
        for name in (ORGANISM, HOST, SOURCE):
            value = row.get(name)
            folded = "".join(value.split()).casefold()
            if not folded or is_missing_term(value):
                continue
            if folded in seen:
                yield check.finding("DSQC-S027", row, name, expected="; ".join(_SAID), other=seen[folded])
                break
            seen[folded] = name


_SAID = ("organism: Escherichia coli", "host: Homo sapiens", "isolation_source: blood")
"""Three values that each say something of their own."""

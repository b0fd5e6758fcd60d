"""Look things up in a snapshot: names, ids, ranks and lineages. Nothing is loaded but what is asked for."""

import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from dsqc.errors import UsageError
from dsqc.taxonomy.names import Name, NameKind, kind_of

SCHEMA_VERSION = "1.0"
APPLICATION_ID = 0x64737178
"""Marks a snapshot in the header of the SQLite file (``dsqx``)."""
BACTERIA, ARCHAEA, VIRUSES = 2, 2157, 10239
UNCLASSIFIED = 12908
"""Unclassified sequences; the metagenomes stand below it."""
UNIDENTIFIED = 32644
"""The id of an organism that the taxonomy does not hold yet."""
SPECIES = "species"
MOST_NAMES = 400
"""Names asked for in one query; SQLite takes at least 999."""
_MAKE = "`dsqc taxonomy build TAXDUMP -o FILE` makes one."


@dataclass(frozen=True, slots=True)
class About:
    """What a snapshot says of itself.

    Attributes:
        source: whose taxonomy it is.
        date: day of the dump (ISO 8601).
        sha256: digest of the dump's tables.
        scope: ``whole``, or ``part`` where a name may be right though it is not in the snapshot.
        taxa: number of taxa.
        names: number of names.
        merged: number of ids that were merged into others.
        deleted: number of ids that are no more.
    """

    source: str
    date: str
    sha256: str
    scope: str
    taxa: int
    names: int
    merged: int
    deleted: int

    @property
    def version(self) -> str:
        """Day and digest."""
        return f"{self.date}+{self.sha256[:12]}"

    @property
    def is_whole(self) -> bool:
        """Whether a name that is not in the snapshot is in no taxonomy of that day."""
        return self.scope == "whole"


@dataclass(frozen=True, slots=True)
class Taxon:
    """One taxon: its id, scientific name, rank and parent's id (the root is its own parent)."""

    id: int
    name: str
    rank: str
    parent: int


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A taxon that a text names, the name that was found, and how the two compare."""

    taxon: Taxon
    name: Name
    kind: NameKind


class Taxonomy:
    """An opened snapshot.

    Raises:
        UsageError: there is none at ``path``, or none that this dsqc reads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise UsageError(f"There is no taxonomy snapshot {path}.", hint=_MAKE)
        # Immutable: no lock is taken, so a snapshot may lie on a read-only or a shared file system.
        location = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        try:
            self._database = sqlite3.connect(location, uri=True, check_same_thread=False)
            self.about = self._read_about()
            self._ranks = MappingProxyType(dict(self._database.execute("SELECT id, name FROM rank")))
            self._classes = MappingProxyType(dict(self._database.execute("SELECT id, name FROM class")))
        except sqlite3.Error as error:
            raise UsageError(f"{path} is no taxonomy snapshot, or a damaged one: {error}.", hint=_MAKE) from error
        self._taxa: dict[int, Taxon | None] = {}
        self._lineages: dict[int, tuple[int, ...]] = {}
        self._found: dict[str, tuple[NameMatch, ...]] = {}

    def _read_about(self) -> About:
        (mark,) = self._database.execute("PRAGMA application_id").fetchone()
        if mark != APPLICATION_ID:
            raise UsageError(f"{self.path} is no taxonomy snapshot.", hint=_MAKE)
        facts = dict(self._database.execute("SELECT key, value FROM meta"))
        version = facts.get("schema_version")
        if version != SCHEMA_VERSION:
            raise UsageError(
                f"{self.path} is a taxonomy snapshot of version {version}; this dsqc reads {SCHEMA_VERSION}.",
                hint=_MAKE,
            )
        return About(
            source=facts["source"],
            date=facts["date"],
            sha256=facts["sha256"],
            scope=facts["scope"],
            taxa=int(facts["taxon"]),
            names=int(facts["name"]),
            merged=int(facts["merged"]),
            deleted=int(facts["deleted"]),
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def taxon(self, taxon_id: int) -> Taxon | None:
        """The taxon of a current id; ``None`` where there is none (see :meth:`current_id`)."""
        if taxon_id not in self._taxa:
            row = self._database.execute(
                "SELECT taxon.rank, taxon.parent, name.name FROM taxon JOIN name ON name.taxon = taxon.id "
                "WHERE taxon.id = ? AND name.class = 0",
                (taxon_id,),
            ).fetchone()
            self._taxa[taxon_id] = Taxon(taxon_id, row[2], self._ranks[row[0]], row[1]) if row else None
        return self._taxa[taxon_id]

    def current_id(self, taxon_id: int) -> int:
        """The id that took the place of a merged one; otherwise the same."""
        row = self._database.execute("SELECT new FROM merged WHERE old = ?", (taxon_id,)).fetchone()
        return row[0] if row else taxon_id

    def merged_ids(self, taxon_id: int) -> tuple[int, ...]:
        """Ids that were merged into the taxon."""
        return tuple(
            old for (old,) in self._database.execute("SELECT old FROM merged WHERE new = ? ORDER BY old", (taxon_id,))
        )

    def is_deleted(self, taxon_id: int) -> bool:
        """Whether the id was taken out of the taxonomy."""
        return self._database.execute("SELECT 1 FROM deleted WHERE id = ?", (taxon_id,)).fetchone() is not None

    def names(self, taxon_id: int) -> tuple[Name, ...]:
        """All names of a taxon, the scientific one first."""
        rows = self._database.execute(
            "SELECT name, class FROM name WHERE taxon = ? ORDER BY class, number", (taxon_id,)
        )
        return tuple(Name(text, self._classes[number]) for text, number in rows)

    def find(self, text: str) -> tuple[NameMatch, ...]:
        """Taxa that ``text`` names, letter case and blanks ignored: the best match of each, the best taxon first."""
        written = " ".join(text.split())
        if written not in self._found:
            self._found[written] = self._find((written,))
        return self._found[written]

    def _find(self, texts: tuple[str, ...]) -> tuple[NameMatch, ...]:
        places = ", ".join("?" * len(texts))
        rows = self._database.execute(
            "SELECT taxon, class, name FROM name INDEXED BY name_by_text "  # noqa: S608  only places are put in
            f"WHERE name COLLATE NOCASE IN ({places})",
            texts,
        ).fetchall()
        matches = [
            NameMatch(taxon, name, kind_of(name, texts[0]))
            for number, class_number, found in rows
            if (taxon := self.taxon(number)) is not None
            for name in [Name(found, self._classes[class_number])]
        ]
        matches.sort(key=lambda match: (match.kind.rank, match.taxon.id, match.name.text))
        best: dict[int, NameMatch] = {}
        for match in matches:
            best.setdefault(match.taxon.id, match)
        return tuple(best.values())

    def find_any(self, texts: list[str]) -> tuple[NameMatch, ...]:
        """Taxa that one of many texts names; for spellings that may have been meant."""
        found: list[NameMatch] = []
        for start in range(0, len(texts), MOST_NAMES):
            found += self._find(tuple(texts[start : start + MOST_NAMES]))
        return tuple(found)

    def beginning(self, start: str, most: int) -> tuple[tuple[str, int], ...]:
        """The first ``most`` names, with their taxa, that begin with ``start`` (letter case ignored)."""
        end = start[:-1] + chr(ord(start[-1]) + 1)
        rows = self._database.execute(
            "SELECT name, taxon FROM name INDEXED BY name_by_text "
            "WHERE name COLLATE NOCASE >= ? AND name COLLATE NOCASE < ? ORDER BY name COLLATE NOCASE, taxon LIMIT ?",
            (start, end, most),
        )
        return tuple(rows)

    def lineage(self, taxon_id: int) -> tuple[int, ...]:
        """Ids from the root to the taxon, itself included; empty for an id that is not current."""
        if taxon_id not in self._lineages:
            path: list[int] = []
            taxon = self.taxon(taxon_id)
            while taxon is not None and (not path or path[-1] != taxon.id):
                path.append(taxon.id)
                taxon = self.taxon(taxon.parent)
            self._lineages[taxon_id] = tuple(reversed(path))
        return self._lineages[taxon_id]

    def is_species_or_below(self, taxon_id: int) -> bool:
        """Whether the taxon is a species or stands below one."""
        return any(taxon.rank == SPECIES for one in self.lineage(taxon_id) if (taxon := self.taxon(one)) is not None)

    def scientific_name(self, taxon_id: int) -> str:
        """The scientific name of an id; its digits where the snapshot does not hold it."""
        taxon = self.taxon(taxon_id)
        return taxon.name if taxon else str(taxon_id)

    @cached_property
    def label(self) -> str:
        """The snapshot for people, in a message: whose, of when, how large."""
        return f"{self.about.source} {self.about.date}, {self.about.taxa:,} taxa"

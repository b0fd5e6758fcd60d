"""Stations that exchange records: embedded ones with numbers of their own and agreements with each other."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import change_state
from dsqc.catalog.models import ForeignRecord, ForeignRelationRecord, SubmissionRecord
from dsqc.exchange.exporting import Exported, Since, export_package
from dsqc.exchange.importing import Imported, import_package
from dsqc.model import SubmissionState
from dsqc.signing import write_signing_pair
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from helpers.results import Judged
from helpers.stations import new_station

LETTERS = {"KOBIC": "K", "NABIC": "N", "CODA": "C"}
KINDS = {"project": "P", "sample": "S", "experiment": "E", "run": "R", "analysis": "Z"}


class Centre:
    """One station and what a person does with it."""

    def __init__(self, root: Path, code: str, scopes: dict[str, str], **settings: str) -> None:
        self.root, self.code = root / code, code
        new_station(self.root, {"centre": code, **settings})
        letter = LETTERS[code]
        file = self.root / "station.toml"
        text = file.read_text(encoding="utf-8").partition("[prefixes]")[0]
        for other, scope in scopes.items():
            text += f'[exchange.{other}]\nscope = "{scope}"\npublic_key = "../{other}/keys/exchange.pub.pem"\n'
        text += "[prefixes]\n" + "".join(f'{kind} = "{letter}A{end}"\n' for kind, end in KINDS.items())
        file.write_text(f'{text}submission = "{letter}RA"\n', encoding="utf-8")
        write_signing_pair(self.root / "keys/exchange.pem", self.root / "keys/exchange.pub.pem")

    @property
    def station(self) -> Station:
        """Its configuration as it stands now."""
        return load_station(self.root)

    def register(self, judged: Judged, work: Path, *, released: bool = True) -> None:
        """Register a submission, and release it."""
        judged.extra.setdefault("release_date", "")
        register(*judged.write(work / self.code, self.station), self.station)
        if released:
            self.change(judged.name, SubmissionState.RELEASED)

    def change(self, alias: str, state: SubmissionState) -> None:
        """Bring a submission to a state; what is there already stays."""
        with Catalog.open(self.station) as catalog, catalog.writing() as session:
            record = session.scalars(select(SubmissionRecord).where(SubmissionRecord.alias == alias)).one()
            if record.state != state:
                change_state(session, record, state, actor="test")

    def edit(self, table: Any, accession: str, **values: Any) -> None:
        """Set columns of a record of the catalog."""
        with Catalog.open(self.station) as catalog, catalog.writing() as session:
            record = session.scalars(select(table).where(table.accession == accession)).one()
            for name, value in values.items():
                setattr(record, name, value)

    def add(self, *records: Any) -> None:
        """Put rows into the catalog."""
        with Catalog.open(self.station) as catalog, catalog.writing() as session:
            session.add_all(records)

    def export(self, to: str, path: Path, **since: Any) -> Exported:
        """Make a package."""
        with Catalog.open(self.station) as catalog:
            return export_package(catalog, to, path, since=Since(**since))

    def take(self, path: Path, *, dry_run: bool = False) -> Imported:
        """Take a package in."""
        with Catalog.open(self.station) as catalog:
            return import_package(catalog, path, dry_run=dry_run)

    def foreign(self) -> dict[tuple[str, str], Any]:
        """What it knows of other centres, without times."""
        hidden = ("_sa_instance_state", "id", "received_at", "relations")
        with Catalog.open(self.station) as catalog, catalog.reading() as session:
            found = {}
            for record in session.scalars(select(ForeignRecord)):
                relations = select(ForeignRelationRecord.type, ForeignRelationRecord.target).where(
                    ForeignRelationRecord.foreign_record_id == record.id
                )
                said = {name: value for name, value in vars(record).items() if name not in hidden}
                pairs = sorted(tuple(row) for row in session.execute(relations))
                found[(record.centre, record.accession)] = {**said, "relations": pairs}
        return found


def codes(result: Imported) -> set[str]:
    """The codes of what was found."""
    return {item.code for item in result.findings}

"""Write every row of a small catalog, made by the code of one revision of dsqc, as JSON.

    git archive COMMIT src schemas tests/helpers | tar -x -C OLD; ln -s ../../schemas OLD/src/dsqc/schemas
    PYTHONPATH=OLD/src:OLD/tests python tests/archive/make_catalog_dump.py tests/archive/catalog-0001.json

``catalog-0001.json`` was made by 667fceb^, ``-0002`` by d313747, ``-0003`` by b4b0d88, ``-0011`` by 97f763b: the last
code of each revision of the catalog that stations have (0004 to 0011 came together). A file is made once, when the next
revision comes, and never again.
"""

import inspect
import json
import sys
import tempfile
from pathlib import Path

from sqlalchemy import LargeBinary, MetaData, select

from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.database import Catalog, head_revision
from dsqc.catalog.making import make_station
from dsqc.stages.curate import decide
from dsqc.stages.register import register
from helpers.results import Judged

INDEXED = "run_words"
"""Tables of SQLite's full text index, which fills itself."""


def main(target: Path) -> None:
    """Register, return, curate; then write down what the catalog holds."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        station = make_station(work / "station", {}).station
        takes_station = "station" in inspect.signature(Judged.write).parameters
        for judged in (
            Judged(),
            Judged(name="closed-2026", prefix="c", access="closed", bioproject="PRJNA31257"),
            Judged(name="bad-2026", prefix="b", verdict="fail"),
            Judged(name="odd-2026", prefix="o", verdict="review"),
            Judged(name="back-2026", prefix="p", verdict="review", email="lee@other.ac.kr"),
        ):
            results, inbox = judged.write(work, station) if takes_station else judged.write(work)
            register(results, inbox, station)
        for name, decision in (("odd-2026", Decision.APPROVE), ("back-2026", Decision.RETURN)):
            decide(work / "results" / name, station, Ruling(decision, "Park", "looked at it", ""))
        register(work / "results/odd-2026", work / "inbox/odd-2026", station)
        with Catalog.open(station) as catalog, catalog.engine.connect() as connection:
            tables = MetaData()
            tables.reflect(connection)
            found = {}
            for table in tables.sorted_tables:
                if table.name.startswith(INDEXED):
                    continue
                rows = [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for column in table.columns:
                    if isinstance(column.type, LargeBinary):
                        rows = [{**row, column.name: row[column.name].hex()} for row in rows]
                found[table.name] = rows
        said = {"revision": head_revision(), "tables": found}
    target.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

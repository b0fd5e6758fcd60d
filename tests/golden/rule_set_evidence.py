"""What released rule sets are held to: submissions and measurements of the day of the release, and what came of them.

``tests/golden/rule-sets/<version>/evidence.tar.xz`` holds the forms of the sample batch, of the messy submission and of
the failing fixture of every metadata rule, and of the sample batch what the judge reads of every measured run;
``verdicts.json`` what the rule set concluded. ``tools/release_rule_set.py`` calls this file once for each release::

  python tests/golden/rule_set_evidence.py 2026.11
"""

import io
import lzma
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from dsqc import artefact
from dsqc.rule_data import using
from dsqc.stages.judge import judge
from dsqc.stages.qc import qc_run
from dsqc.stages.rule_sets import conclusion, conclusion_sha256
from dsqc.stages.validate import FINDINGS, validate
from helpers.messy import write_messy
from helpers.submissions import TODAY, good_tables, write_tsv

PLACE = Path(__file__).parent / "rule-sets"
SAMPLES = Path(str(files("dsqc.sample_batch")))
FORMS, RESULTS = "forms", "results"
DAYS = {"rule": date.fromisoformat(TODAY), "sample": date(2026, 9, 1)}
"""The day that fixtures and samples are judged by."""


def verdict_of_form(folder: Path) -> dict[str, Any]:
    """What the rule set in force says of a form; the files beside it are no part of it."""
    day = DAYS["rule" if folder.name.startswith("rule-") else "sample"]
    result = validate(folder, None, today=day, with_files=False)
    return _shown(conclusion(result.document, result.findings.to_list()), result.findings.to_list())


def verdict_of_results(folder: Path) -> dict[str, Any]:
    """What the judge says of recorded measurements."""
    result = judge(folder)
    found = conclusion(
        artefact.read_json(folder / "validate.json"), artefact.read_json_lines(folder / FINDINGS), result.document
    )
    return {"verdict": result.verdict.value} | _shown(found, result.document["reasons"])


def _shown(found: Mapping[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The digest that must stay, and enough to see what changed where it does not."""
    return {
        "conclusion": conclusion_sha256(found),
        "findings": [
            f"{row['severity']} {row['code']} {row['object_id']} {row['value']} ×{row['count']}" for row in rows
        ],
    }


def unpack(version: str, place: Path) -> Path:
    """The evidence of a released rule set, below ``place``."""
    with tarfile.open(PLACE / version / "evidence.tar.xz") as archive:
        archive.extractall(place, filter="data")
    return place


def verdicts(place: Path) -> dict[str, dict[str, Any]]:
    """What the rule set in force says of unpacked evidence."""
    found = {f"{FORMS}/{path.name}": verdict_of_form(path) for path in sorted((place / FORMS).iterdir())}
    return found | {f"{RESULTS}/{path.name}": verdict_of_results(path) for path in sorted((place / RESULTS).iterdir())}


def collect(place: Path) -> None:
    """Write the evidence of today."""
    from rules.test_rule_fixtures import CASES

    for folder in sorted(path for path in SAMPLES.iterdir() if list(path.glob("submission.*"))):
        for path in _forms(folder):
            _copy(path, place / FORMS / folder.name / path.name)
        _measure(folder, place / RESULTS / folder.name)
    write_messy(place / FORMS / "messy")
    for code, (_good, bad) in CASES.items():
        tables = good_tables()
        bad(tables)
        write_tsv(place / FORMS / f"rule-{code}", tables)


def _forms(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix in (".xlsx", ".tsv"))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _measure(folder: Path, results: Path) -> None:
    """Results of a submission, of the metrics only what the judge reads."""
    submission = validate(folder, results, today=DAYS["sample"]).submission
    for run in submission.runs():
        place = results / "runs" / run.key
        measured = qc_run(results / "submission.json", run.key, folder, place, threads=1).data
        kept = {item["metrics_file"] for item in measured["files"]} - {None}
        for path in place.iterdir():
            if path.name in kept:
                artefact.write_json(path, {"metrics": artefact.read_json(path)["metrics"]})
            elif path.name not in ("qc.json", "findings.jsonl"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in results.glob("profile.*"):
        path.unlink()


def write(version: str) -> None:
    """Collect and judge, and write both; a version that has evidence is refused."""
    target = PLACE / version
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, using(version):
        place = Path(folder) / "evidence"
        collect(place)
        with lzma.open(target / "evidence.tar.xz", "wb", preset=9) as file, tarfile.open(fileobj=file, mode="w") as tar:
            for path in sorted(item for item in place.rglob("*") if item.is_file()):
                entry = tarfile.TarInfo(path.relative_to(place).as_posix())
                content = path.read_bytes()
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        artefact.write_json(target / "verdicts.json", verdicts(unpack(version, Path(folder) / "unpacked")))


if __name__ == "__main__":
    write(sys.argv[1])

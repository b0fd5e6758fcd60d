"""Planning: which runs a batch has, and what makes it look again."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from dsqc.artefact import read_json
from dsqc.batch import planning
from dsqc.batch.plan import INDEX, PLAN, PlannedSubmission, read_plan
from dsqc.batch.planning import plan_batch
from dsqc.batch.sheet import BatchRow
from dsqc.errors import SystemFault, UsageError
from dsqc.model import SHEETS


def _source(place: Path, runs: str = "run_alias\tlibrary_id\nrun-1\tlib\nrun-2\tlib\n") -> Path:
    place.mkdir()
    for sheet in SHEETS:
        (place / f"{sheet}.tsv").write_text(runs if sheet == "run" else "title\nx\n", encoding="utf-8")
    return place


def _plan(work: Path, **sources: Path | str) -> dict[str, PlannedSubmission]:
    rows = [BatchRow(name, str(source)) for name, source in sources.items()]
    return {item.name: item for item in plan_batch(rows, work, "b.tsv").submissions}


def test_runs_are_named_by_the_form(tmp_path: Path) -> None:
    plain = _source(tmp_path / "plain")
    korean = _source(tmp_path / "korean", "런 별칭\tlibrary_id\n벼 런\tlib\nrun-9\tlib\n")

    plan = _plan(tmp_path / "work", plain=plain, korean=korean)

    size = sum(path.stat().st_size for path in plain.iterdir())
    assert plan["plain"] == PlannedSubmission("plain", str(plain), ("run-1", "run-2"), bytes=size, files=len(SHEETS))
    assert plan["korean"].runs == ("row-2", "run-9")
    assert read_plan(tmp_path / "work" / PLAN) == plan


def test_what_cannot_be_read_has_no_runs_and_still_flows(tmp_path: Path) -> None:
    source = _source(tmp_path / "broken")
    (source / "run.tsv").write_bytes(b"PK\x03\x04\x00\xff\xfe\x00" * 20)
    (tmp_path / "empty").mkdir()
    workbook = tmp_path / "workbook"
    workbook.mkdir()
    (workbook / "submission.xlsx").write_bytes(b"not a workbook")
    linked = _source(tmp_path / "linked")
    (linked / "run.tsv").rename(tmp_path / "run.tsv")
    (linked / "run.tsv").symlink_to(tmp_path / "run.tsv")

    plan = _plan(tmp_path / "work", broken=source, empty=tmp_path / "empty", workbook=workbook, linked=linked)

    assert all(item.reachable and item.runs == () for item in plan.values())


def test_a_source_that_cannot_be_reached_is_kept_and_noted(tmp_path: Path) -> None:
    plan = _plan(tmp_path / "work", lost=tmp_path / "nowhere", ftp="ftp://example.org/x")

    assert [item.reachable for item in plan.values()] == [False, False]
    assert "does not exist" in plan["lost"].note
    assert "ftp" in plan["ftp"].note


def test_the_sample_batch_has_its_runs(tmp_path: Path) -> None:
    rice = Path(str(files("dsqc.sample_batch").joinpath("rice-wgs")))
    assert len(_plan(tmp_path, rice=rice)["rice"].runs) == 2


def test_nothing_is_written_or_read_again_without_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, work = _source(tmp_path / "source"), tmp_path / "work"
    first = _plan(work, one=source)
    written = (work / PLAN, work / "plan" / "one.json", work / "shards" / "s0001.json", work / INDEX)
    times = {path: path.stat().st_mtime_ns for path in written}
    monkeypatch.setattr(planning, "_runs", lambda *_: pytest.fail("the forms were read again"))

    assert _plan(work, one=source) == first
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_changed_source_changes_its_state_and_no_other(tmp_path: Path) -> None:
    one, two, work = _source(tmp_path / "one"), _source(tmp_path / "two"), tmp_path / "work"
    _plan(work, one=one, two=two)
    states = {name: (work / "plan" / f"{name}.json").read_bytes() for name in ("one", "two")}
    (one / "run.tsv").write_text("run_alias\tlibrary_id\nrun-7\tlib\n", encoding="utf-8")

    plan = _plan(work, one=one, two=two)

    assert plan["one"].runs == ("run-7",)
    assert (work / "plan" / "one.json").read_bytes() != states["one"]
    assert (work / "plan" / "two.json").read_bytes() == states["two"]


def test_forms_that_an_earlier_transfer_brought_stand_in(tmp_path: Path) -> None:
    source, work = _source(tmp_path / "source"), tmp_path / "work"
    shutil.copytree(source, work / "inbox" / "one")
    for sheet in source.glob("*.tsv"):
        sheet.unlink()

    assert _plan(work, one=source)["one"].runs == ("run-1", "run-2")


def test_a_plan_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="dsqc batch plan"):
        read_plan(tmp_path / PLAN)
    (tmp_path / PLAN).write_text(json.dumps({"submissions": [{"name": "x"}]}), encoding="utf-8")
    with pytest.raises(SystemFault, match="not a plan"):
        read_plan(tmp_path / PLAN)


def test_the_state_names_every_file(tmp_path: Path) -> None:
    source, work = _source(tmp_path / "source"), tmp_path / "work"
    _plan(work, one=source)
    state = read_json(work / "plan" / "one.json")
    assert [name for name, _size, _version in state["files"]] == sorted(f"{sheet}.tsv" for sheet in SHEETS)

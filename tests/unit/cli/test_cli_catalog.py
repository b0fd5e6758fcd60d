"""The commands catalog, register and curate, as a user calls them: exit codes, JSON as published, texts."""

import hashlib
import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow.parquet as pq
import pytest

from dsqc.cli.main import main
from helpers.results import Judged


class Station:
    """A station and its work directory."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys
        self.option = ["--station", str(root / "station")]

    def run(self, *arguments: str, station: bool = True) -> tuple[int, str]:
        """Exit code and standard output."""
        self.capsys.readouterr()
        code = main([*arguments, *(self.option if station else [])])
        return code, self.capsys.readouterr().out

    def json(self, name: str, *arguments: str, station: bool = True) -> Any:
        """What a command prints with --json; it must be as the schema ``name`` says, and exit 0."""
        code, out = self.run(*arguments, "--json", station=station)
        assert code == 0
        value = json.loads(out)
        schema = json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema_rs.validate(schema, value)
        return value

    def register(self, name: str, *options: str) -> tuple[int, str]:
        places = (str(self.root / "results" / name), "--inbox", str(self.root / "inbox" / name))
        return self.run("register", *places, *options)


class Prepared:
    """A work directory with three judged submissions, as often as it is wanted: empty or with two of them registered.

    Always in one place, because the catalog keeps where results lie: making it takes longer than a test.
    """

    def __init__(self, folder: Path) -> None:
        self.root, self._kept = folder / "work", folder / "kept"
        odd = Judged(name="odd-2026", verdict="review", prefix="o")
        for judged in (Judged(), odd, Judged(name="bad-2026", verdict="fail")):
            judged.write(self.root)
        place = str(self.root / "station")
        assert main(["catalog", "init", place]) == 0
        shutil.copytree(self.root, self._kept / "empty")
        for name in ("rice-2026", "odd-2026"):
            results, inbox = str(self.root / "results" / name), str(self.root / "inbox" / name)
            assert main(["register", results, "--inbox", inbox, "--station", place]) == 0
        shutil.copytree(self.root, self._kept / "stocked")

    def again(self, name: str) -> Path:
        """The directory as it was, whatever tests have done to it."""
        shutil.rmtree(self.root)
        shutil.copytree(self._kept / name, self.root)
        return self.root


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def station(prepared: Prepared, capsys: pytest.CaptureFixture[str]) -> Station:
    """Nothing is registered."""
    return Station(prepared.again("empty"), capsys)


@pytest.fixture
def stocked(prepared: Prepared, capsys: pytest.CaptureFixture[str]) -> Station:
    """The first submission is registered, the second waits."""
    return Station(prepared.again("stocked"), capsys)


def test_init_says_whether_it_made_the_station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Station(tmp_path, capsys)
    place = str(tmp_path / "new")
    assert made.json("catalog_init", "catalog", "init", place, station=False)["created"] is True
    assert made.json("catalog_init", "catalog", "init", place, station=False)["created"] is False
    assert made.run("catalog", "init", place, "--centre", "NABIC", station=False)[0] == 2


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [("rice-2026", 0, "KRA00000001"), ("odd-2026", 0, "큐레이터"), ("bad-2026", 3, "생명체 이름을 알 수 없습니다")],
)
def test_register_says_what_became_of_a_submission(station: Station, name: str, code: int, text: str) -> None:
    found, out = station.register(name, "--lang", "ko")

    assert found == code
    assert text in out


def test_a_returned_submission_does_not_stop_the_workflow(station: Station) -> None:
    assert station.register("bad-2026", "--exit-zero")[0] == 0


def test_register_prints_the_receipt(station: Station) -> None:
    code, out = station.register("rice-2026", "--json")
    assert code == 0
    assert json.loads(out) == json.loads((station.root / "results/rice-2026/receipt.json").read_text(encoding="utf-8"))


def test_search_prints_runs(stocked: Station) -> None:
    options = ("--organism", "Oryza sativa", "--field", "seed_crop", "--metric", "mean_phred>=30")
    found = stocked.json("catalog_search", "catalog", "search", *options)
    assert [row["run"] for row in found["runs"]] == ["KAR00000001", "KAR00000002"]

    code, out = stocked.run("catalog", "search", "--text", "leaf")
    assert code == 0
    assert "KAR00000001" in out
    assert "KAR00000002" not in out
    assert stocked.run("catalog", "search", "--metric", "nonsense")[0] == 2


def test_search_takes_a_query_and_says_where_it_cannot_read_one(stocked: Station) -> None:
    query = 'organism:"Oryza sativa" field:seed_crop phred>=30 -leaf'
    found = stocked.json("catalog_search", "catalog", "search", query, "--facets", "platform")
    assert found["query"] == 'organism:"Oryza sativa" field:seed_crop mean_phred>=30 -leaf'
    assert [row["run"] for row in found["runs"]] == ["KAR00000002"]
    assert found["facets"] == {"platform": [{"value": "ILLUMINA", "runs": 1}]}

    stocked.capsys.readouterr()
    assert main(["catalog", "search", "leaf organsim:rice", *stocked.option]) == 2
    error = stocked.capsys.readouterr().err
    assert "\n  leaf organsim:rice\n       ^^^^^^^^\n" in error
    assert "Did you mean organism" in error


@pytest.mark.parametrize(("language", "text"), [("en", "Fields:"), ("ko", "필드:")])
def test_the_query_language_explains_itself_without_a_station(
    language: str, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSQC_STATION", raising=False)
    assert main(["catalog", "search", "--help-query", "--lang", language]) == 0
    assert text in capsys.readouterr().out


def test_search_writes_tables_page_by_page(stocked: Station) -> None:
    columns = ("--columns", "run,collected,phred,size")
    first = stocked.run("catalog", "search", "--tsv", "--limit", "1", *columns)
    second = stocked.run("catalog", "search", "--tsv", "--limit", "1", "--page", "2", *columns)
    heading, row = first[1].splitlines()
    assert heading == "run\tcollection_date\tmean_phred\tsize_bytes"
    assert row.startswith("KAR00000001\t2025-07-01\t36.5\t")
    assert second[1].splitlines()[1].startswith("KAR00000002\t")

    place = stocked.root / "found.parquet"
    found = stocked.json("catalog_search", "catalog", "search", "--parquet", str(place))
    assert (found["count"], found["runs"]) == (2, [])
    table = pq.read_table(place)
    assert table.column_names[0] == "run"
    assert table.column("run").to_pylist() == ["KAR00000001", "KAR00000002"]

    code, out = stocked.run("catalog", "search", "--limit", "1", "--facets", "organism", "--lang", "ko")
    assert code == 0
    assert "2쪽 중 1쪽" in out
    assert stocked.run("catalog", "search", "--columns", "nonsense")[0] == 2
    assert stocked.run("catalog", "search", "--json", "--tsv")[0] == 2


@pytest.mark.parametrize("accession", ["KAP000001", "KAS00000001", "KAE00000001", "KAR00000001", "KRA00000001"])
def test_show_prints_every_kind_of_object(stocked: Station, accession: str) -> None:
    assert stocked.json("catalog_show", "catalog", "show", accession)["accession"] == accession
    code, out = stocked.run("catalog", "show", accession)
    assert (code, accession in out) == (0, True)


def test_show_and_history_of_nothing_are_usage_errors(stocked: Station, capsys: pytest.CaptureFixture[str]) -> None:
    assert stocked.run("catalog", "show", "KAR99999999")[0] == 2
    assert stocked.run("catalog", "history", "KAR99999999")[0] == 2


def test_stats_counts_what_there_is(stocked: Station) -> None:
    assert stocked.json("catalog_stats", "catalog", "stats", "--all")["totals"]["submissions"] == 2
    assert stocked.json("catalog_stats", "catalog", "stats")["totals"]["submissions"] == 1
    assert stocked.json("catalog_plan", "catalog", "stats", "--table", "plan")["total"]["records"] == 2
    rows = stocked.json("catalog_breakdown", "catalog", "stats", "--by", "field,year")["rows"]
    assert [row["runs"] for row in rows] == [2]
    reported = stocked.root / "reported.tsv"
    reported.write_text("centre\tdata_type\tas_of\trecords\tvolume_gb\nMAGIC\tomics\t2025\t7\t1\n", encoding="utf-8")
    assert stocked.json("catalog_stats_import", "catalog", "stats", "--import", str(reported))["added"] == 1
    assert "7\t" in stocked.run("catalog", "stats", "--table", "plan", "--tsv")[1]
    assert stocked.run("catalog", "stats", "--tsv")[0] == 2
    code, out = stocked.run("catalog", "stats")
    assert (code, "seed_crop" in out) == (0, True)


def test_history_is_printed_and_proven(stocked: Station) -> None:
    found = stocked.json("catalog_history", "catalog", "history", "KAR00000002", "--verify")
    assert (found["state"], found["faults"]) == ("released", [])

    code, out = stocked.run("catalog", "history", "odd-2026", "--verify")
    assert (code, "in_curation" in out) == (0, True)
    assert "whole and unchanged" in out


def test_export_writes_every_level(stocked: Station) -> None:
    place = stocked.root / "export"
    found = stocked.json("catalog_export", "catalog", "export", "-O", str(place))
    assert found["rows"]["run"] == 2
    assert len(list(place.iterdir())) == 12


def test_the_public_export_is_a_snapshot(stocked: Station) -> None:
    place = str(stocked.root / "public")
    assert stocked.run("catalog", "export", "--parquet", place)[0] == 2
    for is_new in (True, False):
        found = stocked.json("catalog_export", "catalog", "export", "--public", "--parquet", place)
        assert (found["rows"]["runs"], found["is_new"]) == (2, is_new)
    assert "as before" in stocked.run("catalog", "export", "--public", "--parquet", place)[1]


def test_reindex_writes_the_rows_of_the_search_anew(stocked: Station) -> None:
    assert stocked.json("catalog_reindex", "catalog", "reindex")["runs"] == 2
    assert "2" in stocked.run("catalog", "reindex")[1]


def test_verify_finds_a_lost_object_and_a_lost_manifest(stocked: Station) -> None:
    assert stocked.json("catalog_verify", "catalog", "verify")["problems"] == []
    store = stocked.root / "station/store/public"
    next(path for path in store.glob("objects/**/*") if path.is_file()).unlink()
    (store / "submissions/KRA00000001/manifest.json").unlink()

    code, out = stocked.run("catalog", "verify")

    assert code == 1
    assert out.count("is missing in tier public") == 2


def test_a_curator_works_from_the_command_line(stocked: Station) -> None:
    results = str(stocked.root / "results/odd-2026")
    assert [row["submission"] for row in stocked.json("catalog_queue", "curate", "queue")["submissions"]] == [
        "odd-2026"
    ]
    assert "odd-2026" in stocked.run("curate", "queue")[1]
    stocked.json("catalog_review", "curate", "show", results, station=False)
    assert "mean_phred 36.5" in stocked.run("curate", "show", results, station=False)[1]

    assert "wrong_value" in stocked.run("curate", "reasons", station=False)[1]
    stocked.json("curation_case", "curate", "second", "odd-2026", "--to", "Kim", "--by", "Lee")
    assert "Kim (two opinions)" in stocked.run("curate", "queue")[1]
    assert (
        "waits for the second opinion"
        in stocked.run(*("curate", "decide", "odd-2026", "approve", "--by", "Lee", "--text", "fine"))[1]
    )
    assert "second opinion: Kim" in stocked.run("curate", "queue", "--mine", "--by", "Kim")[1]

    said = stocked.json(
        "decision", "curate", "decide", results, "approve", "--by", "Kim", "--reason", "acceptable:organism@oleaf"
    )

    assert (said["decision"], said["by"]) == ("approve", "Lee, Kim")
    assert "100.0 %" in stocked.run("curate", "agreement", "--since", "2020-01-01")[1]
    assert "opinion_given Lee" in stocked.run("curate", "show", "odd-2026")[1]
    assert "Nothing waits" in stocked.run("curate", "queue")[1]
    assert "KRA00000002" in stocked.register("odd-2026")[1]


@pytest.mark.parametrize(
    "options",
    [
        ["approve", "--by", "Lee"],
        ["approve", "--text", "fine"],
        ["approve", "--by", "Lee", "--reason", "fine"],
    ],
)
def test_a_decision_without_name_or_reason_is_refused(stocked: Station, options: list[str]) -> None:
    assert main(["curate", "decide", str(stocked.root / "results/odd-2026"), *options, *stocked.option]) == 2


@pytest.mark.parametrize("options", [["--by", "Lee", "--text", "fine"], ["approv", "--by", "Lee", "--text", "fine"]])
def test_a_decision_that_is_none_is_refused(stocked: Station, options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["curate", "decide", str(stocked.root / "results/odd-2026"), *options, *stocked.option])
    assert stopped.value.code == 2


def test_without_a_station_the_commands_say_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSQC_STATION", raising=False)
    assert main(["catalog", "search"]) == 2
    assert "dsqc catalog init" in capsys.readouterr().err


def corrected(station: Station, **changes: Any) -> tuple[str, ...]:
    """The arguments of registering ``rice-2026`` with other sheets."""
    results, inbox = Judged(**changes).write(station.root / "corrected")
    return ("register", str(results), "--inbox", str(inbox))


def test_a_correction_and_its_versions(stocked: Station) -> None:
    arguments = corrected(stocked, organism="Zea mays")

    code, out = stocked.run(*arguments, "--dry-run")
    assert (code, "KAS00000001 leaf: organism" in out, "Nothing was written." in out) == (0, True, True)
    assert stocked.json("register", *arguments, "--dry-run")["counts"] == {"corrected": 1}
    assert "version 2; the present one is 2" in stocked.run(*arguments)[1]

    assert "organism: Oryza sativa → Zea mays" in stocked.run("catalog", "show", "KAS00000001", "--versions")[1]
    rows = stocked.json("catalog_versions", "catalog", "show", "KAS00000001", "--versions")["versions"]
    assert [row["version"] for row in rows] == [1, 2]
    old = stocked.json("catalog_version", "catalog", "show", "KAS00000001", "--version", "1")
    assert (old["content"]["organism"], old["until"]) == ("Oryza sativa", rows[1]["from"])
    assert "organism: Oryza sativa" in stocked.run("catalog", "show", "KAS00000001", "--version", "1")[1]
    assert stocked.run("catalog", "show", "KAS00000001", "--version", "3")[0] == 2


def test_other_files_are_replaced_only_when_told(stocked: Station) -> None:
    arguments = corrected(stocked, data=b"@r\nTTTT\n+\nIIII\n")

    code, out = stocked.run(*arguments)
    assert (code, "--replace-files" in out) == (3, True)
    assert stocked.run(*arguments, "--replace-files")[0] == 0
    shown = stocked.run("catalog", "show", "KAR00000001", "--versions")[1]
    assert "file leaf_R1.fastq" in shown


def test_several_submissions_are_registered_each_for_itself(station: Station) -> None:
    names = ("rice-2026", "bad-2026", "odd-2026")
    places = [str(station.root / "results" / name) for name in names]

    code, out = station.run("register", *places, "--inbox", str(station.root / "inbox"), "--lang", "ko")

    assert (code, "등록됨 1" in out, "KRA00000001" in out) == (3, True, True)
    code, out = station.run("register", *places, "--inbox", str(station.root / "inbox"), "--json")
    assert json.loads(out)["counts"] == {"in_curation": 1, "returned": 1, "unchanged": 1}


def test_taking_back(stocked: Station) -> None:
    back = ("--by", "Park", "--reason", "wrong plants")
    assert stocked.json("catalog_withdraw", "catalog", "withdraw", "KRA00000001", *back)["state"] == "withdrawn"
    assert stocked.json("catalog_withdraw", "catalog", "discard", "odd-2026", "--by", "Park")["accession"] is None

    shown = stocked.json("catalog_show", "catalog", "show", "KAR00000001")
    assert (shown["attributes"], shown["withdrawn"]["reason"]) == ({}, "wrong plants")
    assert "files" in stocked.json("catalog_show", "catalog", "show", "KAR00000001", "--all")
    assert "철회됨: wrong plants" in stocked.run("catalog", "show", "KAR00000001", "--lang", "ko")[1]
    assert stocked.run("catalog", "show", "KAR00000001", "--versions")[0] == 2
    assert stocked.json("catalog_queue", "curate", "queue")["submissions"] == []


def test_leases_and_duplicates(stocked: Station, tmp_path: Path) -> None:
    found = stocked.json("catalog_leases", "catalog", "leases", "--expired", "--release")
    assert found == {"schema_version": "1.0", "leases": [], "released": [], "interrupted": []}
    assert "Nobody works" in stocked.run("catalog", "leases")[1]

    assert stocked.json("catalog_duplicates", "catalog", "duplicates")["groups"] == []
    digest = hashlib.sha256(Judged().bytes_of("root.fastq")).hexdigest()
    mark = {"reads": "0" * 32, "sequences": "1" * 32, "read_count": 2}
    asked = tmp_path / "root.dsqc.json"
    asked.write_text(json.dumps({"file": {"sha256": digest}, "fingerprint": mark}), encoding="utf-8")
    (row,) = stocked.json("catalog_duplicates", "catalog", "duplicates", "--of", str(asked))["duplicates"]
    assert (row["run"], row["same"]) == ("KAR00000002", "bytes")
    assert "KAR00000002 root.fastq: same bytes" in stocked.run("catalog", "duplicates", "--of", str(asked))[1]
    asked.write_text("{}", encoding="utf-8")
    assert stocked.run("catalog", "duplicates", "--of", str(asked))[0] == 2


def test_agreements(stocked: Station, tmp_path: Path) -> None:
    paper = tmp_path / "agreement.pdf"
    paper.write_bytes(b"signed")
    who = ("--kind", "deposit", "--party", "벼 연구소", "--by", "Park", "--document", str(paper))
    add = ("catalog", "agreement", "add", *who, "--signed", "2026-01-02", "--accession", "KAP000001")

    row = stocked.json("catalog_agreement", *add)

    assert row["document_sha256"] == hashlib.sha256(b"signed").hexdigest()
    found = stocked.json("catalog_agreements", "catalog", "agreement", "list", "--accession", "KAP000001")["agreements"]
    assert [item["agreement"] for item in found] == [row["agreement"]]
    assert stocked.json("catalog_agreement", "catalog", "agreement", "show", "1") == row
    assert "기탁·제공" in stocked.run("catalog", "agreement", "list", "--lang", "ko")[1]
    assert stocked.run("catalog", "agreement", "show", "9")[0] == 2
    assert stocked.run(*add[:-1], "KAP000009")[0] == 2

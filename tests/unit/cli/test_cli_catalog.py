"""The commands catalog, register and curate, as a user calls them: exit codes, JSON as published, texts."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow.parquet as pq
import pytest

from dsqc.cli.main import main
from helpers.results import Judged


class Station:
    """A station and a work directory with three judged submissions."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys
        self.option = ["--station", str(root / "station")]
        for judged in (
            Judged(),
            Judged(name="odd-2026", verdict="review", prefix="o"),
            Judged(name="bad-2026", verdict="fail"),
        ):
            judged.write(root)

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


@pytest.fixture
def station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Station:
    made = Station(tmp_path, capsys)
    assert made.run("catalog", "init", str(tmp_path / "station"), station=False)[0] == 0
    return made


@pytest.fixture
def stocked(station: Station) -> Station:
    """The first submission is registered, the second waits."""
    station.register("rice-2026")
    station.register("odd-2026")
    return station


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
    assert stocked.json("catalog_stats", "catalog", "stats")["totals"]["submissions"] == 2
    code, out = stocked.run("catalog", "stats")
    assert (code, "seed_crop" in out) == (0, True)


def test_history_is_printed_and_proven(stocked: Station) -> None:
    found = stocked.json("catalog_history", "catalog", "history", "KAR00000002", "--verify")
    assert (found["state"], found["faults"]) == ("registered", [])

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

    said = stocked.json("decision", "curate", "decide", results, "--approve", "--by", "Lee", "--reason", "fine")

    assert said["decision"] == "approve"
    assert "Nothing waits" in stocked.run("curate", "queue")[1]
    assert "KRA00000002" in stocked.register("odd-2026")[1]


@pytest.mark.parametrize(
    "options",
    [
        ["--approve", "--by", "Lee"],
        ["--approve", "--reason", "fine"],
        ["--by", "Lee", "--reason", "fine"],
        ["--approve", "--reject", "--by", "Lee", "--reason", "fine"],
    ],
)
def test_a_decision_without_name_reason_or_choice_is_refused(stocked: Station, options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["curate", "decide", str(stocked.root / "results/odd-2026"), *options, *stocked.option])
    assert stopped.value.code == 2


def test_without_a_station_the_commands_say_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSQC_STATION", raising=False)
    assert main(["catalog", "search"]) == 2
    assert "dsqc catalog init" in capsys.readouterr().err

"""What forms declare against what was measured."""

from typing import Any

import pytest

from dsqc.forms import compose, load_fields
from dsqc.judge import Declared, depth_findings, file_findings, run_findings
from dsqc.judge.declared import genome_sizes
from dsqc.model import Cell, DataFile, Row, Run, Sheet, Submission
from dsqc.station import Limits

ILLUMINA = {"platform": "ILLUMINA", "instrument_model": "Illumina NovaSeq 6000", "library_layout": "PAIRED"}
NOVASEQ = {
    "instrument_platform": "ILLUMINA",
    "instrument_model": "Illumina NovaSeq 6000",
    "instrument_confidence": "high",
    "flow_cells": "HGXXXDSX5 (1200), HGYYYDSX5 (7)",
}


def declared(experiment: dict[str, str] = ILLUMINA, roles: tuple[str, ...] = ("R1", "R2"), **run: str) -> Declared:
    files = tuple(DataFile(f"f{number}", "r1", read_role=role) for number, role in enumerate(roles))
    return Declared(Run("r1", "r1", "lib", files, row=2), run, experiment)


@pytest.mark.parametrize(
    ("experiment", "run", "told", "seen"),
    [
        ({}, {}, {}, []),
        ({"instrument_model": "Illumina MiSeq"}, {}, {}, ["Illumina NovaSeq 6000"]),
        ({"instrument_model": "unspecified"}, {}, {}, []),
        ({"instrument_model": "Illumina MiSeq"}, {}, {"instrument_confidence": "low"}, []),
        ({"platform": "OXFORD_NANOPORE", "instrument_model": "MinION"}, {}, {}, ["ILLUMINA, Illumina NovaSeq 6000"]),
        ({"platform": "ELEMENT"}, {}, {"instrument_confidence": "low", "instrument_model": None}, []),
        ({"platform": "BGISEQ"}, {}, {"instrument_platform": "DNBSEQ", "instrument_model": None}, []),
        ({"platform": "PACBIO_SMRT"}, {}, {"instrument_platform": None, "instrument_model": None}, []),
        ({}, {"flowcell_id": "hgyyydsx5"}, {}, []),
        ({}, {"flowcell_id": "HJ2KYDSX2"}, {}, ["HGXXXDSX5, HGYYYDSX5"]),
        ({}, {"flowcell_id": "HJ2KYDSX2"}, {"flow_cells": None}, []),
    ],
)
def test_instruments(experiment: dict[str, str], run: dict[str, str], told: dict[str, Any], seen: list[str]) -> None:
    found = list(file_findings(declared(ILLUMINA | experiment, **run), "f0", NOVASEQ | told))
    assert [item.value for item in found] == seen
    assert all((item.code, item.location.path) == ("DSQC-D015", "f0") for item in found)


def measured(*counts: int, state: str = "measured", bases: int = 0) -> dict[str, Any]:
    files = [{"name": f"f{number}", "read_count": count} for number, count in enumerate(counts)]
    return {"state": state, "files": files, "metrics": {"base_count": bases}}


@pytest.mark.parametrize(
    ("roles", "counts", "wanted", "seen"),
    [
        (("R1", "R2"), (1000, 1000), "1000", None),
        (("R1", "R2"), (1000, 1000), "1010", None),
        (("R1", "R2"), (1000, 1000), "1020", "1,000"),
        (("R1", "R2", "R1", "R2"), (500, 500, 500, 500), "1000", None),
        (("R1", "R2", "I1"), (1000, 1000, 1000), "1000", None),
        (("",), (2000,), "1000", None),
        (("",), (2000,), "2000", None),
        (("",), (2000,), "500", "1,000"),
        (("R1", "R2"), (1000, 1000), "", None),
        (("R1", "R2"), (1000, 1000), "many", None),
    ],
)
def test_numbers_of_reads(roles: tuple[str, ...], counts: tuple[int, ...], wanted: str, seen: str | None) -> None:
    found = list(run_findings(declared(roles=roles, expected_read_count=wanted), measured(*counts), Limits()))
    assert [item.value for item in found] == ([seen] if seen else [])


def test_the_tolerance_is_the_stations_and_a_damaged_run_says_nothing() -> None:
    one = declared(expected_read_count="1200")
    assert list(run_findings(one, measured(1000, 1000), Limits(read_count_tolerance=0.2))) == []
    assert list(run_findings(one, measured(1000, 1000, state="partial"), Limits())) == []


def submission(**sample: str) -> Submission:
    values = {"sample_name": "S1", "taxonomy_id": "4932", "target_mean_depth": "30 x"} | sample
    row = Row("sample", 2, {name: Cell(text, text, 2, "A") for name, text in values.items()})
    return Submission({"sample": Sheet("sample", "sample.tsv", (), (row,))})


def depths(bases: list[int], strategy: str = "WGS", state: str = "measured", **sample: str) -> list[str]:
    runs = [
        Declared(Run(f"r{number}", "", "lib", ()), {}, {"sample_name": "s1", "library_strategy": strategy})
        for number in range(len(bases))
    ]
    found = {f"r{number}": measured(bases=count, state=state) for number, count in enumerate(bases)}
    return [item.value for item in depth_findings(submission(**sample), runs, found, Limits())]


def test_depth_is_that_of_all_runs_of_a_sample() -> None:
    assert depths([84_700_000]) == ["7 x"]
    assert depths([84_700_000] * 4) == []
    assert depths([84_700_000], strategy="WXS") == []
    assert depths([84_700_000], state="partial") == []
    assert depths([84_700_000], taxonomy_id="1") == []
    assert depths([84_700_000], target_mean_depth="missing") == []
    assert depths([332_000_000]) == []  # 27.4 x: within a tenth of 30


def test_genome_sizes_are_sizes_of_genomes() -> None:
    sizes = genome_sizes()
    assert all(name.isdigit() and 1e4 < size < 2e10 for name, size in sizes.items())
    assert sizes["9606"] == pytest.approx(3.1e9)


def test_every_form_can_declare_a_depth() -> None:
    for field in load_fields().values():
        assert "target_mean_depth" in compose(field.id, field.packages[0]).columns("sample")

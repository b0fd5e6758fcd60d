"""The reference as a job builds it, on both databases, and as the judge reads it."""

from pathlib import Path

import numpy as np

from dsqc.artefact import read_json
from dsqc.catalog.database import Catalog
from dsqc.catalog.figures.references import kept_reference, reference_versions
from dsqc.metrics.reference import load_reference
from dsqc.stages.figures import build
from dsqc.station import Station
from helpers.holdings import add_submission

STRATUM = ("illumina", "wgs", "seed_crop")


def test_a_reference_is_built_of_what_is_registered_and_only_anew_when_that_changed(
    station: Station, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    first, second = random.random(300), random.random(20)
    with Catalog.open(station) as catalog, catalog.writing() as session:
        add_submission(session, 300, metrics={"frac_bases_q30": first})
        add_submission(session, 20, metrics={"frac_bases_q30": second}, access="closed", platform="Illumina")
        add_submission(session, 29, metrics={"frac_bases_q30": [0.5] * 29}, strategy="RNA-Seq")
        gone = {"registered": "2025-01-01T00:00", "withdrawn": "2025-02-01T00:00"}
        add_submission(session, 40, metrics={"frac_bases_q30": [9.0] * 40}, states=gone)

    made = build(station, by="kim")
    again = build(station, by="lee", output=tmp_path / "again.json")

    assert (made["version"], made["is_new"], made["strata"], made["run_count"]) == (1, True, 1, 320)
    assert (again["version"], again["is_new"]) == (1, False)
    assert (station.root / "reference.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    assert station.reference_path is not None
    reference = load_reference(station.reference_path)
    (standing,) = reference.standings(STRATUM, {"frac_bases_q30": 0.25})
    numbers = np.concatenate([first, second])
    assert abs(standing.percentile - 100 * (numbers < 0.25).mean()) < 0.8
    assert reference.run_count(("illumina", "rna-seq", "seed_crop")) == 0

    with Catalog.open(station) as catalog, catalog.writing() as session:
        add_submission(session, 1, metrics={"frac_bases_q30": [0.1]}, strategy="RNA-Seq")
    assert (build(station)["version"], build(station)["strata"]) == (2, 2)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        assert kept_reference(session, 1) == reference
        newest = kept_reference(session)
        assert newest is not None
        assert newest.to_dict() == read_json(station.root / "reference.json")
        assert [item.version for item in reference_versions(session)] == [2, 1]
        assert kept_reference(session, 3) is None

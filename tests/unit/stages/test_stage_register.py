"""The register stage on both databases: what it writes, that it writes it once, and what it refuses."""

from pathlib import Path

from dsqc.stages.register import register
from dsqc.station import Station
from helpers.results import Judged, read


def test_a_passed_submission_is_registered_with_accessions_objects_and_manifest(
    station: Station, tmp_path: Path
) -> None:
    results, inbox = Judged().write(tmp_path)

    done = register(results, inbox, station)

    receipt = read(results / "receipt.json")
    assert receipt == done.receipt
    assert receipt["registered"] is True
    assert receipt["accessions"] == {
        "submission": "KRA00000001",
        "projects": {"rice-project": "KAP000001"},
        "samples": {"leaf": "KAS00000001", "root": "KAS00000002"},
        "experiments": {"leaf_WGS_1": "KAE00000001", "root_WGS_1": "KAE00000002"},
        "runs": {"run-leaf": "KAR00000001", "run-root": "KAR00000002"},
    }

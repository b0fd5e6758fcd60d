"""``dsqc exchange``, ``dsqc catalog resolve`` and the exports, as a user calls them; and the same on PostgreSQL."""

import json
import uuid
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from dsqc.cli.main import main
from helpers.exchanging import Centre
from helpers.results import Judged
from infra.postgres import PostgresServer

REPORTS = Path(str(files("dsqc.schemas"))) / "reports"


class Shell:
    """Runs commands and reads what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: object, code: int = 0, lang: str = "en") -> str:
        """What a command prints on standard output; it must end with ``code``."""
        self._capsys.readouterr()
        ended = main([*map(str, arguments), "--lang", lang])
        printed = self._capsys.readouterr()
        assert ended == code, printed.err
        return printed.out + (printed.err if code in (1, 2) else "")

    def json(self, schema: str, *arguments: object, code: int = 0) -> Any:
        """What it prints with --json; it must be as published."""
        value = json.loads(self.run(*arguments, "--json", code=code))
        published = [json.loads(path.read_text(encoding="utf-8")) for path in REPORTS.glob("*.schema.json")]
        registry = Registry().with_resources((item["$id"], Resource.from_contents(item)) for item in published)
        wanted = json.loads((REPORTS / f"{schema}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(wanted, registry=registry).validate(value)
        return value


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def test_a_day_between_two_centres(shell: Shell, tmp_path: Path) -> None:
    kobic = Centre(tmp_path, "KOBIC", {"NABIC": "records"})
    nabic = Centre(tmp_path, "NABIC", {"KOBIC": "records"})
    for key in (nabic.root / "keys").glob("exchange*"):
        key.unlink()
    made = shell.json("exchange_keygen", "exchange", "keygen", "--station", nabic.root)
    assert made["public_key"].endswith("exchange.pub.pem")
    assert "exists" in shell.run("exchange", "keygen", "--station", nabic.root, code=2)
    kobic.register(Judged(), tmp_path)

    package = tmp_path / "p.zip"
    export = ("exchange", "export", "--to", "NABIC", "-o", package, "--station", kobic.root)
    found = shell.json("exchange_export", *export)
    assert (found["again"], found["package"]["record_count"]) == (False, 7)
    assert "package 1 for NABIC: 7 records" in shell.run(*export)
    assert "no date" in shell.run(*export, "--since", "yesterday", code=2)
    assert "There is no agreement with CODA" in shell.run(*export[:3], "CODA", *export[4:], code=2)
    later = (*export[:5], tmp_path / "q.zip", *export[6:], "--since", "2100-01-01")
    assert shell.json("exchange_export", *later)["package"]["record_count"] == 0

    taking = ("exchange", "import", package, "--station", nabic.root)
    assert shell.json("exchange_import", *taking, "--dry-run")["taken"] is False
    assert shell.json("exchange_import", *taking)["records"]["new"] == 7
    assert "unchanged 7" in shell.run(*taking)
    status = shell.json("exchange_status", "exchange", "status", "--station", nabic.root)
    assert status["centres"][0]["records"] == {"experiment": 2, "project": 1, "run": 2, "sample": 2}
    assert "NABIC" in shell.run("exchange", "status", "--station", kobic.root)

    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(package.read_bytes()[:-40])
    broken = ("exchange", "import", damaged, "--station", nabic.root)
    refused = shell.json("exchange_import", *broken, code=3)
    assert (refused["package"], refused["findings"][0]["code"]) == (None, "DSQC-E001")
    korean = shell.run(*broken, code=3, lang="ko")
    assert "꾸러미를 받지 않았습니다" in korean
    assert "does not exist" in shell.run("exchange", "import", tmp_path / "none", "--station", nabic.root, code=2)

    resolved = shell.json("catalog_resolve", "catalog", "resolve", "KAS00000001", "--station", nabic.root)
    assert resolved["is"][0]["holder"] == "KOBIC"
    assert "told by its centre" in shell.run("catalog", "resolve", "KAS00000001", "--station", nabic.root)


def test_exports_in_the_forms_of_others(shell: Shell, tmp_path: Path) -> None:
    kobic = Centre(tmp_path, "KOBIC", {})
    kobic.register(Judged(), tmp_path)
    export = ("catalog", "export", "--station", kobic.root)

    xml = shell.json("catalog_export", *export, "--insdc-xml", "KAP000001", "-O", tmp_path / "xml")
    assert xml["rows"] == {"project.xml": 1, "sample.xml": 2, "experiment.xml": 2, "run.xml": 2, "submission.xml": 1}
    tables = shell.json("catalog_export", *export, "--kbds", tmp_path / "kbds")
    assert tables["rows"] == {"bioproject": 1, "biosample": 2, "experiment": 2, "run": 2}
    assert "-O DIR" in shell.run(*export, code=2)
    assert "-O DIR" in shell.run(*export, "--insdc-xml", "KAP000001", code=2)
    assert "what is released" in shell.run(*export, "--kbds", tmp_path / "k", "--closed", code=2)


RECEIPT = """<?xml version="1.0" encoding="UTF-8"?>
<RECEIPT receiptDate="2026-11-30T10:00:00.000Z" submissionFile="submission.xml" success="true">
  <PROJECT accession="PRJEB10001" alias="KAP000001" status="PUBLIC"/>
  <SAMPLE accession="ERS1000001" alias="KAS00000001" status="PUBLIC">
    <EXT_ID accession="SAMEA100001" type="biosample"/>
  </SAMPLE>
  <SUBMISSION accession="ERA1000001" alias="KOBIC-KAP000001"/>
  <MESSAGES/><ACTIONS>ADD</ACTIONS>
</RECEIPT>
"""


def test_numbers_of_a_receipt_are_linked_and_go_out(shell: Shell, tmp_path: Path) -> None:
    kobic = Centre(tmp_path, "KOBIC", {"NABIC": "records"})
    Centre(tmp_path, "NABIC", {})
    kobic.register(Judged(), tmp_path)
    receipt = tmp_path / "receipt.xml"
    receipt.write_text(RECEIPT, encoding="utf-8")
    link = ("catalog", "link", "--station", kobic.root)

    assert shell.json("catalog_link", *link, "--receipt", receipt) == {"schema_version": "1.0", "given": 3, "new": 3}
    assert shell.json("catalog_link", *link, "--receipt", receipt)["new"] == 0
    assert "1 of 1" in shell.run(*link, "KAR00000001", "ERR1000001")
    assert "linked to KAS00000001 already" in shell.run(*link, "KAS00000002", "SAMEA100001", code=2)
    assert "names a run" in shell.run(*link, "KAS00000002", "ERR1000009", code=2)
    assert "no number of this station" in shell.run(*link, "KAS00000009", "ERS1000009", code=2)
    assert "Give two numbers" in shell.run(*link, "KAS00000002", code=2)
    receipt.write_text(RECEIPT.replace('"true"', '"false"'), encoding="utf-8")
    assert "did not take" in shell.run(*link, "--receipt", receipt, code=2)

    history = ("catalog", "history", "KRA00000001", "--verify", "--station", kobic.root)
    assert "linked" in shell.run(*history)
    found = shell.json("catalog_resolve", "catalog", "resolve", "SAMEA100001", "--station", kobic.root)
    assert {row["accession"] for row in found["same_as"]} == {"KAS00000001", "ERS1000001"}
    assert not found["ambiguous"]
    export = ("catalog", "export", "--station", kobic.root, "--insdc-xml", "KAP000001", "-O", tmp_path / "xml")
    assert shell.json("catalog_export", *export)["rows"] == {
        "project.modify.xml": 1,
        "sample.modify.xml": 1,
        "sample.xml": 1,
        "experiment.xml": 2,
        "run.modify.xml": 1,
        "run.xml": 1,
        "submission.xml": 1,
    }


@pytest.mark.postgres
def test_centres_on_postgresql(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TEST_CATALOG_PASSWORD", postgres_server.password)
    names = {code: f"test_{uuid.uuid4().hex[:12]}" for code in ("KOBIC", "NABIC")}
    try:
        kobic, nabic = (
            Centre(
                tmp_path,
                code,
                {other: "records"},
                catalog_url=postgres_server.create_database(names[code]),
                catalog_password_env="TEST_CATALOG_PASSWORD",
            )
            for code, other in (("KOBIC", "NABIC"), ("NABIC", "KOBIC"))
        )
        kobic.register(Judged(), tmp_path)
        kobic.export("NABIC", tmp_path / "1")
        assert nabic.take(tmp_path / "1", dry_run=True).counts["new"] == 7
        assert nabic.take(tmp_path / "1").counts["new"] == 7
        assert nabic.take(tmp_path / "1").counts["unchanged"] == 7
        kobic.register(Judged(name="late", prefix="l", bioproject="KAP000001"), tmp_path)
        assert kobic.export("NABIC", tmp_path / "2").heading.record_count == 6
        assert nabic.take(tmp_path / "2").counts["new"] == 6
    finally:
        for name in names.values():
            postgres_server.drop_database(name)

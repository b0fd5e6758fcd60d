"""The form page in headless Chromium: it says what the command line says, and asks for nothing but itself."""

import base64
import contextlib
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import to_json
from dsqc.cli.main import main
from dsqc.rule_set import rule_set_version
from dsqc.stages.fix import fix
from dsqc.stages.validate import ValidateResult, validate
from helpers.messy import messy_tables
from helpers.submissions import TODAY, good_tables, write_tsv, write_xlsx
from infra.chromium import Page, chromium_page
from rules.test_rule_fixtures import CASES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

BATCH = Path(__file__).parents[2] / "test-data/batch"
STARTS_WITHIN_S = 300
DAY = date.fromisoformat(TODAY)
STATE = "document.getElementById('status').dataset.state"
CHECKED = (
    "window.checked = new Promise((is) => "
    "document.addEventListener('dsqc-checked', (event) => is(event.detail.json), { once: true })); null"
)
SAVED = """
new Promise((is) => {
  document.addEventListener("dsqc-saved", (event) => {
    const { content } = event.detail;
    is(typeof content === "string" ? content : btoa(Array.from(content, (byte) => String.fromCharCode(byte)).join("")));
  }, { once: true });
  document.querySelector("%s").click();
})
"""
CHECK_ALL = """
(async () => {
  const said = [];
  for (const files of %s) {
    const chosen = new DataTransfer();
    for (const [name, content] of files) {
      chosen.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
    }
    const checked = new Promise((is) =>
      document.addEventListener("dsqc-checked", (event) => is(event.detail.json), { once: true }));
    const field = document.getElementById("form");
    field.files = chosen.files;
    field.dispatchEvent(new Event("change"));
    said.push(await checked);
  }
  return said;
})()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command says of the page that it has written; it fetches the parts where this machine has none."""
    file = tmp_path_factory.mktemp("page") / "dsqc-form.html"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["form", "page", "--fetch", "-o", str(file), "--json"]) == 0
    return dict(json.loads(said.getvalue()))


@pytest.fixture(scope="module")
def page(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page, opened from disk, when its Python has started."""
    file = Path(made["page"])
    with chromium_page(tmp_path_factory.mktemp("profile")) as opened:
        opened.open(file.as_uri())
        ends = time.monotonic() + STARTS_WITHIN_S
        while opened.evaluate(STATE) not in ("ready", "fault", "too_old") and time.monotonic() < ends:
            time.sleep(0.1)
        assert opened.evaluate(STATE) == "ready", opened.text
        opened.evaluate(f"document.getElementById('today').value = '{TODAY}'")
        yield opened
        assert opened.complaints == []
        assert {address.split(":")[0] for address in opened.requests} <= {"file", "blob", "data"}


def checked_folder(page: Page, folder: Path) -> str:
    page.evaluate(CHECKED)
    page.choose("#folder", folder)
    return str(page.answer("window.checked"))


def printed(result: ValidateResult) -> str:
    """What ``dsqc validate --json`` prints."""
    return to_json({**result.document, "findings": result.findings.to_list()})


def sizes_in(folder: Path) -> dict[str, int | None]:
    return {path.name: None if path.is_dir() else path.stat().st_size for path in folder.iterdir()}


def unpacked(content: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def in_workbook(content: bytes) -> dict[str, bytes]:
    """Parts of a workbook: how they are packed is the compressor's affair."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def odd_forms(place: Path) -> list[Path]:
    """Forms that are read another way than the fixtures: messy, in other encodings, workbooks, and damaged ones."""
    write_tsv(place / "messy", messy_tables())
    write_tsv(place / "cp949", good_tables(), encoding="cp949")
    write_tsv(place / "utf16", good_tables(), encoding="utf-16", newline="\r\n")
    whole = write_xlsx(place / "workbook/내 양식.xlsx", messy_tables()).read_bytes()
    for name, content in (
        ("cut short", whole[: len(whole) // 2]),
        ("changed", whole[:3000] + b"\0" * 99 + whole[3099:]),
        ("locked", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)),
        ("empty", b""),
    ):
        (place / name).mkdir()
        (place / name / "submission.xlsx").write_bytes(content)
    return sorted(place.iterdir())


def test_the_command_says_what_it_wrote(made: dict[str, Any]) -> None:
    schema = json.loads(files("dsqc.schemas").joinpath("reports", "form_page.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(made)
    content = Path(made["page"]).read_bytes()
    assert (made["size_bytes"], made["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert made["rule_set_version"] == rule_set_version()
    assert made["size_bytes"] < 25_000_000


def test_a_folder_is_judged_as_by_the_command_line(page: Page) -> None:
    for folder in sorted(path for path in BATCH.iterdir() if path.is_dir() and path.name != "__pycache__"):
        said = checked_folder(page, folder)
        assert said == printed(validate(folder, None, today=DAY, sizes=sizes_in(folder))), folder.name
        here, there = json.loads(said), json.loads(printed(validate(folder, None, today=DAY)))
        assert set(here.pop("skipped_rules")) > set(there.pop("skipped_rules"))
        assert here == there, "with the bytes at hand, the command line finds the same in sound files"


def test_every_rule_of_the_forms_speaks_as_on_the_command_line(page: Page, tmp_path: Path) -> None:
    folders = []
    for code, (_, fails) in CASES.items():
        tables = good_tables()
        fails(tables)
        folders.append(write_tsv(tmp_path / code, tables))
    folders += odd_forms(tmp_path / "odd")
    for start in range(0, len(folders), 20):
        some = folders[start : start + 20]
        files = [
            [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in each.iterdir()] for each in some
        ]
        for folder, said in zip(some, page.answer(CHECK_ALL % json.dumps(files)), strict=True):
            assert said == printed(validate(folder, None, today=DAY, with_files=False)), folder.name


def test_what_is_saved_is_what_the_command_line_writes(page: Page, tmp_path: Path) -> None:
    folder = BATCH / "gut-16s"
    said = checked_folder(page, folder)
    assert page.answer(SAVED % "#save-json") == said
    validate(folder, tmp_path / "report", today=DAY, sizes=sizes_in(folder))
    report = unpacked(page.answer(SAVED % "#save-report"))
    assert report == {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()}
    fixed = fix(folder, tmp_path / "fixed", today=DAY)
    copy = unpacked(page.answer(SAVED % "#save-fix"))
    assert copy["patch.tsv"] == fixed.patch.read_bytes()
    (workbook,) = fixed.paths
    assert in_workbook(copy[f"corrected/{workbook.name}"]) == in_workbook(workbook.read_bytes())
    assert fixed.document["cell_count"] > 0


def test_names_and_sizes_are_checked_and_folders_seen(page: Page, tmp_path: Path) -> None:
    write_tsv(tmp_path, good_tables())
    (tmp_path / "more").mkdir()
    for name in ("more/inner.txt", "notes.txt", "s1_r1.FASTQ.gz"):
        (tmp_path / name).write_bytes(b"1234")
    said = json.loads(checked_folder(page, tmp_path))
    assert said["findings"] == validate(tmp_path, None, today=DAY).findings.to_list()
    assert {row["value"] for row in said["findings"] if row["code"] == "DSQC-F004"} >= {"more/", "notes.txt"}


def test_the_page_speaks_both_languages_and_names_its_rules(page: Page, tmp_path: Path) -> None:
    checked_folder(page, BATCH / "gut-16s")
    assert page.evaluate("document.activeElement.id") == "result-heading"
    assert page.evaluate("document.getElementById('rule-set').textContent") == rule_set_version()
    assert page.evaluate("document.getElementById('status').getAttribute('aria-live')") == "polite"
    seen = {}
    for language in ("en", "ko"):
        page.press(f"[data-set={language}]", leads_on=False)
        seen[language] = page.text
        for width in (1280, 420):
            page.size(width)
            assert not page.overflows()
            assert page.screenshot(tmp_path / f"{language}-{width}.png").size_bytes > 20_000
    assert "is no ISO 8601 date" in seen["en"]
    assert "ISO 8601 날짜가 아닙니다" in seen["ko"]
    page.press("[data-set=en]", leads_on=False)
    page.press("#found details summary", leads_on=False)
    assert "what to do" in page.text


def test_a_folder_may_be_dropped(page: Page) -> None:
    folder = BATCH / "rice-wgs"
    page.evaluate(CHECKED)
    dropped = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        page.call("Input.dispatchDragEvent", type=kind, x=200, y=200, data=dropped)
    assert page.answer("window.checked") == printed(validate(folder, None, today=DAY, sizes=sizes_in(folder)))


def test_files_without_a_form_are_told_so(page: Page, tmp_path: Path) -> None:
    (tmp_path / "reads.fastq.gz").write_bytes(b"1")
    page.evaluate(CHECKED)
    page.choose("#form", tmp_path / "reads.fastq.gz")
    page.answer("window.checked")
    assert page.evaluate(STATE) == "no_form"


def test_the_policy_lets_nothing_out(page: Page) -> None:
    told = page.answer("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    assert told == "refused"
    page.evaluate("null")  # What the console was told has arrived by now.
    assert page.complaints
    assert all("Content Security Policy" in text for text in page.complaints)
    page.complaints.clear()
    page.requests[:] = [address for address in page.requests if address != "http://127.0.0.1:9/"]

"""The parts of the form page that others make: pinned by digest, fetched once, refused where they are others."""

import hashlib
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dsqc.cli.main import main
from dsqc.errors import TransientFault, UsageError
from dsqc.form_page.bundle import bundle
from dsqc.form_page.parts import PARTS, Part, fetch_parts, find_parts
from dsqc.rule_set import rule_set_version
from helpers.submissions import TODAY, good_tables, write_tsv

CONTENT = b"what a registry has"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of a server that has one file."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "part.tgz").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=partial(server.serve_forever, 0.02), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def part(address: str, content: bytes = CONTENT) -> Part:
    return Part("part.tgz", f"{address}/part.tgz", hashlib.sha256(content).hexdigest(), len(content), "MIT")


def test_what_is_missing_is_named_with_its_address(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"part\.tgz.*--fetch.*http://there/part\.tgz"):
        find_parts(tmp_path, [part("http://there")])


def test_another_file_is_refused_and_replaced(tmp_path: Path, registry: str) -> None:
    place = tmp_path / "parts"
    place.mkdir()
    (place / "part.tgz").write_bytes(b"another")
    with pytest.raises(UsageError, match="not the file"):
        find_parts(place, [part(registry)])
    assert fetch_parts(place, [part(registry)]) == {part(registry): place / "part.tgz"}
    assert (place / "part.tgz").read_bytes() == CONTENT
    (tmp_path / "registry/part.tgz").unlink()
    assert fetch_parts(place, [part(registry)])  # It is there: nobody is asked.


@pytest.mark.parametrize("sent", [b"changed on the way!", CONTENT + b"more", CONTENT[:5], None])
def test_what_is_not_the_part_never_stands_under_its_name(tmp_path: Path, registry: str, sent: bytes | None) -> None:
    if sent is None:
        (tmp_path / "registry/part.tgz").unlink()
    else:
        (tmp_path / "registry/part.tgz").write_bytes(sent)
    with pytest.raises(TransientFault):
        fetch_parts(tmp_path / "parts", [part(registry)])
    assert not list(tmp_path.glob("parts/*"))


def test_the_same_code_gives_the_same_bundle_without_programs_of_this_machine() -> None:
    first = bundle([])
    assert first == bundle([])
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {Path(name).suffix for name in archive.namelist()} & {".so", ".pyc", ".pyd"} == set()


def test_what_travels_in_the_page_is_enough(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle([]))) as archive:
        archive.extractall(tmp_path / "page")
    write_tsv(tmp_path / "submission", good_tables())
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path / "page")!r})
from pathlib import Path
from dsqc.form_page import inside
inside.FOLDER, inside._RESULTS = Path({str(tmp_path / "submission")!r}), Path({str(tmp_path / "results")!r})
request = '{{"today": "{TODAY}", "sizes": {{"S1.fastq.gz": 1}}}}'
print(inside.start(), inside.check(request), inside.save_results(request), inside.save_corrected(request), sep="\\n")
"""
    # Neither the packages of this machine nor its dsqc: the standard library and what is in the bundle.
    command = [sys.executable, "-I", "-S", "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    versions, *answers = map(json.loads, ran.stdout.splitlines())
    assert versions["versions"]["rule_set"] == rule_set_version()
    assert [set(answer) & {"error", "json", "path"} for answer in answers] == [{"json"}, {"path"}, {"path"}]


def test_the_command_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "page", "-o", str(tmp_path / "page.html"), "--parts", str(tmp_path)]) == 2
    said = capsys.readouterr().err.replace("\n", "")
    assert all(part.url in said for part in PARTS)
    (tmp_path / "page.html").touch()
    assert main(["form", "page", "-o", str(tmp_path / "page.html")]) == 2
    assert "--force" in capsys.readouterr().err

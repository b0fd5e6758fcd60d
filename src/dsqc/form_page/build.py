"""Put the page together: the template, its scripts, and everything that Python needs, inlined."""

import base64
import gzip
import hashlib
import json
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from dsqc.artefact import atomic_file
from dsqc.errors import SystemFault
from dsqc.form_page.bundle import LIBRARIES, bundle
from dsqc.form_page.labels import LABELS, MESSAGES
from dsqc.form_page.parts import CALAMINE, PARTS, PYODIDE, Part
from dsqc.language import Language
from dsqc.limits import Limits
from dsqc.report.render import render, static_file
from dsqc.rule_set import rule_set_version

TEMPLATE = "form_page.html"
SCRIPT = "form_page.js"
WORKER = "form_worker.js"
_LIBRARY = "package/"
"""Folder of the files in Pyodide's archive."""
_FILES = ("pyodide.asm.mjs", "pyodide.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page that was written.

    Attributes:
        path: where it is.
        size_bytes: its size.
        sha256: its digest, for whoever publishes it.
        rule_set: version of the rules that it judges by.
    """

    path: Path
    size_bytes: int
    sha256: str
    rule_set: str


def build_page(
    path: Path,
    parts: Mapping[Part, Path],
    *,
    language: Language | None = None,
    limits: Limits | None = None,
    kbds_strict: bool = False,
) -> FormPage:
    """Write the page; the same version of dsqc with the same parts writes the same bytes.

    Args:
        path: where to; a file that is there is written over.
        parts: what others make (:func:`dsqc.form_page.parts.find_parts`).
        language: language that the page opens in; ``None`` for the browser's.
        limits: limits of the station that gives the page out.
        kbds_strict: count the doubtful requirements of K-BDS from the start, as that station does.

    Raises:
        StorageFault: the page cannot be written.
    """
    content = _render(parts, language, limits, kbds_strict).encode("utf-8")
    with atomic_file(path) as file:
        file.write(content)
    return FormPage(path, len(content), hashlib.sha256(content).hexdigest(), rule_set_version())


def _render(parts: Mapping[Part, Path], language: Language | None, limits: Limits | None, kbds_strict: bool) -> str:
    engine = _members(parts[PYODIDE], _FILES)
    scripts = (static_file(WORKER).encode("utf-8"), _as_script(engine["pyodide.asm.mjs"]), engine["pyodide.js"])
    # What Pyodide knows of itself, without the packages of its distribution: the page has its own.
    lock = {"info": json.loads(engine["pyodide-lock.json"])["info"], "packages": {}}
    settings = {"limits": asdict(limits) if limits else None, "kbds_strict": kbds_strict, "lock": lock}
    return render(
        TEMPLATE,
        language,
        labels=LABELS,
        messages=_script_json({name: asdict(text) for name, text in MESSAGES.items()}),
        settings=_script_json(settings),
        rule_set=rule_set_version(),
        kbds_strict=kbds_strict,
        policy=_policy(),
        parts_used=", ".join([*(f"{part.name} ({part.licence})" for part in PARTS), *map(_named, LIBRARIES)]),
        worker=_packed(b"\n".join(scripts)),
        wasm=_packed(engine["pyodide.asm.wasm"]),
        stdlib=_text(engine["python_stdlib.zip"]),
        bundle=_text(bundle([parts[CALAMINE]])),
    )


def _named(library: str) -> str:
    return f"{library} {version(library)} (BSD-3-Clause)"


def _members(archive: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Files of Pyodide's archive; its digest has been checked, so they are there."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive, "r:gz") as tar:
        for name in names:
            file = tar.extractfile(_LIBRARY + name)
            if file is not None:
                found[name] = file.read()
    return found


def _as_script(module: bytes) -> bytes:
    """Pyodide's module as a plain script: browsers start no module worker on a page that was opened from disk.

    Its own address, which a module may ask for, is used where files are fetched beside it; here none is.
    """
    body, exported, rest = module.rpartition(b"export default _createPyodideModule;")
    if not exported or rest.strip():
        raise SystemFault("Pyodide's module does not end as this dsqc knows it.", hint="Please report this.")
    return body.replace(b"import.meta.url", b'""')


def _packed(content: bytes) -> str:
    return _text(gzip.compress(content, 9, mtime=0))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _script_json(value: object) -> str:
    """JSON that may stand in a script element: no ``<`` can end it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _policy() -> str:
    """Content-Security-Policy: the page's own two scripts and what they start; no connection to anywhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(static_file(name).encode('utf-8')).digest()).decode('ascii')}'"
        for name in ("page.js", SCRIPT)
    )
    return (
        f"default-src 'none'; script-src {hashes} blob: 'wasm-unsafe-eval'; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )

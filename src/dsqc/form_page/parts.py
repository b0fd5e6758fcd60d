"""The parts of the page that others make: Python for the browser, and the reader of workbooks; pinned by digest.

Who moves to newer ones changes both: the wheel is built for one Python and one ABI (``pyemscripten_2026_0``), which is
that of Pyodide. The tests in a browser then say whether findings are still those of the command line.
"""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dsqc.artefact import atomic_file, sha256_of
from dsqc.errors import TransientFault, UsageError
from dsqc.version import __version__

PYODIDE_VERSION = "314.0.7"
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Part:
    """A file of another project, as its registry publishes it.

    Attributes:
        name: file name.
        url: where the registry has it.
        sha256: digest of the whole file.
        size_bytes: its size.
        licence: SPDX identifier.
    """

    name: str
    url: str
    sha256: str
    size_bytes: int
    licence: str


PYODIDE = Part(
    name=f"pyodide-{PYODIDE_VERSION}.tgz",
    url=f"https://registry.npmjs.org/pyodide/-/pyodide-{PYODIDE_VERSION}.tgz",
    sha256="66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0",
    size_bytes=6488647,
    licence="MPL-2.0",
)
"""CPython 3.14 in WebAssembly, with its standard library."""
CALAMINE = Part(
    name="python_calamine-0.9.1-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
    url="https://files.pythonhosted.org/packages/be/86/739be5ebc9c79a31163dffbefd228fb681a631b0a99c502a3e53434cfdc5/"
    "python_calamine-0.9.1-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
    sha256="1f9a2f99d65f4cc647f3fc57ff80a2bb492bf8ce66a637b67064d1663697ae21",
    size_bytes=519430,
    licence="MIT",
)
"""The reader of workbooks that the command line uses, for that Python."""
PARTS = (PYODIDE, CALAMINE)


def parts_folder() -> Path:
    """Where parts are kept that were fetched: ``form-page`` of the cache directory (``DSQC_CACHE_DIR``)."""
    base = os.environ.get("DSQC_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "dsqc"
    return (Path(base) if base else home) / "form-page"


def find_parts(folder: Path, wanted: Sequence[Part] = PARTS) -> dict[Part, Path]:
    """The parts in ``folder``, each with the digest that is pinned here.

    Args:
        folder: where they are, by their names.
        wanted: which.

    Raises:
        UsageError: one is not there, or is another file.
    """
    found = {part: folder / part.name for part in wanted}
    missing = [part for part, path in found.items() if not path.is_file()]
    if missing:
        raise UsageError(
            f"{folder} does not hold {' and '.join(part.name for part in missing)}.",
            hint=f"--fetch gets them; without a network here, put them there from {' and '.join(_urls(missing))}.",
        )
    for part, path in found.items():
        if sha256_of(path) != part.sha256:
            raise UsageError(
                f"{path} is not the file that this dsqc was tested with (SHA-256 {part.sha256}).",
                hint="Remove it and get it again: --fetch, or from " + part.url,
            )
    return found


def _urls(parts: list[Part]) -> list[str]:
    return [part.url for part in parts]


def fetch_parts(folder: Path, wanted: Sequence[Part] = PARTS) -> dict[Part, Path]:
    """Get the parts that ``folder`` lacks from their registries; each stands there once its digest is proven.

    Raises:
        TransientFault: a registry does not answer, or sends something else.
        StorageFault: ``folder`` cannot be written.
    """
    for part in wanted:
        path = folder / part.name
        if not path.is_file() or sha256_of(path) != part.sha256:
            content = _download(part)
            with atomic_file(path) as file:
                file.write(content)
    return find_parts(folder, wanted)


def _download(part: Part) -> bytes:
    request = urllib.request.Request(part.url, headers={"user-agent": f"dsqc/{__version__}"})  # noqa: S310  pinned above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            content: bytes = answer.read(part.size_bytes + 1)
    except (OSError, http.client.HTTPException) as error:
        raise TransientFault(
            f"{part.url} cannot be had: {getattr(error, 'reason', error)}.",
            hint="Try again, set https_proxy, or bring the file from elsewhere and name its directory with --parts.",
        ) from error
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise TransientFault(
            f"{part.url} sent something else than {part.name} (SHA-256 {part.sha256}).",
            hint="Something on the way changes files, or cut this one short: try again, or bring it from elsewhere.",
        )
    return content

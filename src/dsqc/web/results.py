"""Where the results of a verdict stand: found under the batches of the station by the digest of ``verdict.json``."""

import threading
from pathlib import Path

from dsqc.artefact import sha256_of
from dsqc.station import Station

VERDICT = "verdict.json"


class Results:
    """Finds ``results/<submission>`` directories. What was read is read again only where the file has changed."""

    def __init__(self, station: Station) -> None:
        self._root = station.root
        self._patterns = station.web.batches
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}
        self._lock = threading.Lock()

    def find(self, verdict_sha256: str, name: str = "") -> Path | None:
        """The directory whose ``verdict.json`` has this digest; ``None`` where there is none.

        Args:
            name: of the submission, looked at first; it need not be the directory's.
        """
        with self._lock:
            folders = [folder for pattern in self._patterns for folder in self._batches(pattern)]
            near = [folder / name for folder in folders if name and "/" not in name]
            for results in near:
                if self._digest(results / VERDICT) == verdict_sha256:
                    return results
            for folder in folders:
                for verdict in sorted(folder.glob(f"*/{VERDICT}")):
                    if self._digest(verdict) == verdict_sha256:
                        return verdict.parent
        return None

    def _batches(self, pattern: str) -> list[Path]:
        if Path(pattern).is_absolute():
            base, rest = Path("/"), pattern.lstrip("/")
        else:
            base, rest = self._root, pattern
        # A path without a star is taken as it is: `glob` does not follow "..".
        found = sorted(base.glob(rest)) if "*" in rest else [base / rest]
        return [path / "results" for path in found if (path / "results").is_dir()]

    def _digest(self, path: Path) -> str:
        try:
            seen = path.stat()
            key = (seen.st_ino, seen.st_mtime_ns, seen.st_size)
            known = self._known.get(path)
            if known is None or known[0] != key:
                known = self._known[path] = (key, sha256_of(path))
        except OSError:
            return ""
        return known[1]

"""Bring ``schemas/snapshots.toml`` in line with its files: number of entries and digest. Versions are changed by hand.

python tools/refresh_snapshots.py
"""

import gzip
import hashlib
import json
import tomllib
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


def main() -> None:
    """Rewrite the list; entries and keys keep their order."""
    path = SCHEMAS / "snapshots.toml"
    text = path.read_text(encoding="utf-8")
    written = ["".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))]
    for name, table in sorted(tomllib.loads(text).items()):
        data = (SCHEMAS / table["path"]).read_bytes()
        data = gzip.decompress(data) if table["path"].endswith(".gz") else data
        table |= {"entries": len(data.decode().splitlines()) - 1, "sha256": hashlib.sha256(data).hexdigest()}
        lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
        written.append(f"\n[{name}]\n" + "".join(lines))
    path.write_text("".join(written), encoding="utf-8")


if __name__ == "__main__":
    main()

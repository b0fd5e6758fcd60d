"""Release the current rules, forms, vocabularies and quality goals as a rule set that never changes.

  python tools/release_rule_set.py 2027.03 --note-en "Rules on …" --note-ko "… 규칙"
  python tools/release_rule_set.py --check
  python tools/release_rule_set.py --keep

A release writes ``schemas/rule-sets/<version>.zip``, its line in ``index.toml``, and its golden verdicts in
``tests/golden/rule-sets/<version>/``. One that is there already is refused: results name it. ``--check`` proves that
every released one is whole. ``--keep``, before large reference data are made anew, keeps those that a released rule set
names.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from dsqc.rule_data import (
    FOLDER,
    INDEX,
    KEPT,
    LARGE_FOLDERS,
    MANIFEST,
    VERSION,
    current_files,
    data_file,
    open_rule_set,
    released,
    using,
)
from dsqc.version import __version__

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "schemas" / FOLDER
EVIDENCE = ROOT / "tests" / "golden" / "rule_set_evidence.py"
LARGE = tuple(dict.fromkeys(f"{folder}/" for folder, _suffix in LARGE_FOLDERS))
OLDEST_DATE = (1980, 1, 1, 0, 0, 0)


def main(argv: list[str] | None = None) -> int:
    """Release, check or keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", nargs="?", help="year and month, as 2027.03")
    parser.add_argument("--note-en", default="", help="what changed, in short")
    parser.add_argument("--note-ko", default="", help="the same in Korean")
    parser.add_argument("--check", action="store_true", help="prove that every released rule set is whole")
    parser.add_argument("--keep", action="store_true", help="keep large data that released rule sets name")
    args = parser.parse_args(argv)
    if args.check or args.keep:
        faults = check() if args.check else keep()
        for fault in faults:
            print(fault, file=sys.stderr)
        return 1 if faults else 0
    if not args.version or not VERSION.fullmatch(args.version) or not args.note_en or not args.note_ko:
        parser.error("give a version as 2027.03, --note-en and --note-ko")
    refusal = refused(args.version)
    if refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(release(args.version, args.note_en, args.note_ko, PLACE))
    subprocess.run([sys.executable, EVIDENCE, args.version], check=True)
    return 0


def refused(version: str, place: Path = PLACE) -> str:
    """Why ``version`` cannot be released; empty where it can."""
    if version in released() or (place / f"{version}.zip").exists():
        return f"Rule set {version} was released: it never changes. Take the next name."
    newest = max(released(), default="")
    return f"{version} is older than {newest}, which was released." if version < newest else ""


def release(version: str, note_en: str, note_ko: str, place: Path) -> str:
    """Write the archive and its line of the index; what was written.

    The archive is a matter of the data alone: no time and no machine is in it.
    """
    files = current_files()
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    manifest = "path\tsha256\n" + "".join(f"{path}\t{digest}\n" for path, digest in digests.items())
    place.mkdir(parents=True, exist_ok=True)
    archive = place / f"{version}.zip"
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        _add(packed, MANIFEST, manifest.encode("utf-8"))
        for path, content in files.items():
            if not path.startswith(LARGE):
                _add(packed, path, content)
    lines = {
        "date": datetime.now(UTC).date().isoformat(),
        "digest": hashlib.sha256(manifest.encode("utf-8")).hexdigest(),
        "archive_sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "dsqc_version": __version__,
        "note_en": note_en,
        "note_ko": note_ko,
    }
    with (place / INDEX).open("a", encoding="utf-8") as index:
        index.write(f'\n["{version}"]\n')
        index.writelines(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in lines.items())
    return f"{version}+{lines['digest'][:12]}: {len(files)} files, {archive.stat().st_size:,} bytes"


def _add(packed: zipfile.ZipFile, path: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(path, OLDEST_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    packed.writestr(entry, content)


def check() -> list[str]:
    """What is wrong with released rule sets."""
    faults = []
    for version, rule_set in released().items():
        opened = open_rule_set(rule_set)
        if hashlib.sha256(opened.root.joinpath(MANIFEST).read_bytes()).hexdigest() != rule_set.digest:
            faults.append(f"{version}: its manifest is another.")
        with using(version):
            for path, digest in opened.manifest.items():
                content = data_file(path).read_bytes()
                if hashlib.sha256(content).hexdigest() != digest:
                    faults.append(f"{version}: {path} is another.")
    return faults


def keep() -> list[str]:
    """Copy large files that a released rule set names to where they stay; none is a fault."""
    current = {hashlib.sha256(content).hexdigest(): content for content in current_files().values()}
    for rule_set in released().values():
        for path, digest in open_rule_set(rule_set).manifest.items():
            place = PLACE / KEPT / digest
            if path.startswith(LARGE) and digest in current and not place.exists():
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(current[digest])
                print(f"{path} → {place.relative_to(ROOT)}")
    return []


if __name__ == "__main__":
    sys.exit(main())

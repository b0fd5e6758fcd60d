"""Small NCBI taxdumps, as a directory or an archive."""

import io
import tarfile
import zipfile
from pathlib import Path

NODES = [
    (1, 1, "no rank"),
    (2, 131567, "domain"),
    (131567, 1, "cellular organisms"),
    (1386, 2, "genus"),
    (1423, 1386, "species"),
    (224308, 1423, "strain"),
    (2759, 131567, "domain"),
    (50013, 2759, "genus"),
]
NAMES = [
    (1, "root", "scientific name"),
    (2, "Bacteria", "scientific name"),
    (2, "eubacteria", "genbank common name"),
    (131567, "cellular organisms", "scientific name"),
    (1386, "Bacillus", "scientific name"),
    (1423, "Bacillus subtilis", "scientific name"),
    (1423, "Vibrio subtilis", "synonym"),
    (1423, "ATCC 6051", "type material"),
    (1423, "고초균", "korean name"),
    (224308, "Bacillus subtilis subsp. subtilis str. 168", "scientific name"),
    (2759, "Eukaryota", "scientific name"),
    (50013, "Bacillus", "scientific name"),
]
MERGED = [(12, 1423), (13, 50013)]
DELETED = [(99,)]
Tables = dict[str, str]


def tables() -> Tables:
    """The four tables of a good dump."""
    return {
        "nodes.dmp": dmp(NODES),
        "names.dmp": dmp([(one, text, "", name_class) for one, text, name_class in NAMES]),
        "merged.dmp": dmp(MERGED),
        "delnodes.dmp": dmp(DELETED),
    }


def dmp(rows: list[tuple[int | str, ...]]) -> str:
    """Rows in the shape of the NCBI."""
    return "".join("\t|\t".join(map(str, row)) + "\t|\n" for row in rows)


def directory(path: Path, held: Tables | None = None) -> Path:
    """A directory with the tables."""
    path.mkdir(parents=True, exist_ok=True)
    for name, text in (tables() if held is None else held).items():
        (path / name).write_bytes(text.encode("utf-8"))
    return path


def tar_gz(path: Path) -> Path:
    """``taxdump.tar.gz``, the tables in another order and of 1 September 2026."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in reversed(tables().items()):
            content = text.encode("utf-8")
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1_788_220_800
            archive.addfile(member, io.BytesIO(content))
    return path


def zipped(path: Path) -> Path:
    """``taxdmp.zip``, of 1 September 2026."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables().items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 0, 0, 0)), text.encode("utf-8"))
    return path

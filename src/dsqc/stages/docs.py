"""Write the documentation site: the forms, vocabularies and rules of this version, as pages."""

from pathlib import Path

from dsqc import artefact
from dsqc.language import Language
from dsqc.report.docs import site
from dsqc.rule_set import rule_set_version


def docs(outdir: Path, *, only: Language | None = None) -> Path:
    """Write the site into ``outdir``; the same version of dsqc writes the same bytes.

    Args:
        outdir: made where it does not exist; files of the same names are written anew.
        only: the one language of the pages; ``None`` for both, with a switch.

    Returns:
        The page to begin with.

    Raises:
        StorageFault: the site cannot be written.
    """
    for path, text in site(only=only, rule_set=rule_set_version()):
        artefact.write_text(outdir / path, text)
    return outdir / "index.html"

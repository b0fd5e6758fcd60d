"""How texts are made comparable: the same on every database, because it is done before one sees them."""

import unicodedata

SHORTEST_INDEXED = 3
"""Characters of a trigram; shorter words are looked for without the index."""


def fold(text: str) -> str:
    """``text`` without regard to case, to width (``ＡＢＣ``), and to how Hangul is composed (macOS decomposes it)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def as_pattern(folded: str) -> str:
    """The ``LIKE`` pattern (escape ``\\``) of texts that hold ``folded``."""
    return f"%{escaped(folded)}%"


def escaped(folded: str) -> str:
    r"""``folded`` for a ``LIKE`` pattern whose escape is ``\``."""
    return folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

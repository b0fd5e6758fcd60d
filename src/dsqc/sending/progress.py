"""Who is told how the sending goes: see ``dsqc.progress``, which the station's transfer shares."""

from dsqc.progress import Progress

__all__ = ["Progress"]

"""Who is told how a transfer goes: see ``dsqc.progress``, which senders share."""

from dsqc.progress import Ending, Estimate, EventLines, Gauge, InTurns, Progress

__all__ = ["Ending", "Estimate", "EventLines", "Gauge", "InTurns", "Progress"]

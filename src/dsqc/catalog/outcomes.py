"""What becomes of a submission that is handed to the catalog, and who handed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsqc.catalog.events import Clock, now
from dsqc.catalog.versions.planning import Correction
from dsqc.model import SubmissionState


@dataclass(frozen=True, slots=True)
class Actor:
    """Who works, for the events; and the clock that dates them."""

    name: str
    clock: Clock = now


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a submission stands.

    Attributes:
        submission_id: its row in the catalog.
        state: its state.
        fit: whether nothing stands against registering it, or the correction of it, now.
        correction: what differs from what is registered under its name, where something is registered and differs.
        refused: reasons why what was handed in now is not taken, while something is registered under its name.
        waits: whether a correction waits for a curator.
        version: the version that was handed in, where that is an older one of what is registered.
        done: ``registered`` or ``corrected`` where that was done now.
    """

    submission_id: int
    state: SubmissionState
    fit: bool = False
    correction: Correction | None = None
    refused: tuple[Mapping[str, Any], ...] = ()
    waits: bool = False
    version: int | None = None
    done: str = ""

"""What was read of a batch's events so far, kept beside them: who asks again reads what came since.

The snapshot is worth nothing but time. One that is missing, torn, of another version or of events that are gone is
made anew, and where none can be written (another user's batch, a full disk) every look reads all events.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.artefact import atomic_file
from dsqc.batch.events import EVENTS, EventReader
from dsqc.batch.items import Items
from dsqc.errors import StorageFault

SNAPSHOT = "status/snapshot.json"
VERSION = 1
WORTH_SAVING = 200
"""Events that a later look is spared; for fewer the file is not written again."""


@dataclass(slots=True)
class Snapshot:
    """Events added up, how far they are read, and what was read of the receipts of submissions.

    ``receipts`` holds ``[time of the file in ns, size, what the status tells of it]`` by submission.
    """

    work: Path
    items: Items = field(default_factory=Items)
    offsets: dict[str, int] = field(default_factory=dict)
    receipts: dict[str, list[Any]] = field(default_factory=dict)
    unsaved: int = 0

    def update(self) -> int:
        """Take in what was written since; returns how many events. Starts over where files shrank or are gone."""
        if self._is_of_other_events():
            self.items, self.offsets = Items(), {}
        reader = EventReader(self.work, self.offsets)
        before = self.unsaved
        for name, event in reader.new_by_writer():
            self.items.add(name, event)
            self.unsaved += 1
        return self.unsaved - before

    def _is_of_other_events(self) -> bool:
        try:
            with os.scandir(self.work / EVENTS) as entries:
                sizes = {item.name: item.stat().st_size for item in entries}
        except FileNotFoundError:
            sizes = {}
        return any(sizes.get(name, -1) < offset for name, offset in self.offsets.items())

    def save(self) -> None:
        """Keep it where that spares the next look something; never fails."""
        if self.unsaved < WORTH_SAVING:
            return
        value = {
            "version": VERSION,
            "offsets": self.offsets,
            "receipts": self.receipts,
            **self.items.to_dict(),
        }
        path = self.work / SNAPSHOT
        with contextlib.suppress(StorageFault, OSError), atomic_file(path) as file:
            file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
            self.unsaved = 0


def read_snapshot(work: Path) -> Snapshot:
    """The snapshot of ``work`` brought up to now; from the beginning where there is none that can be believed."""
    snapshot = Snapshot(work)
    try:
        value: Mapping[str, Any] = json.loads((work / SNAPSHOT).read_text(encoding="utf-8"))
        if value["version"] == VERSION:
            offsets = {str(name): int(offset) for name, offset in value["offsets"].items()}
            snapshot = Snapshot(work, Items.from_dict(dict(value)), offsets, dict(value["receipts"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        snapshot = Snapshot(work)
    snapshot.update()
    return snapshot

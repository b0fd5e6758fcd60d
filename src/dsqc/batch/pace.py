"""How fast a batch goes and when it ends: what the plan predicted of the work left, over how fast such work was done.

Nothing is promised. Two rates are asked, that of the last ten minutes and that of all minutes in which anything was
under way; the end lies between what they say, and where little was done yet no end is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dsqc.batch.events import EventKind
from dsqc.batch.items import Items
from dsqc.batch.plan import Shard

WINDOW_MINUTES = 10
LEAST_MINUTES = 2
"""Fewer minutes of work say nothing of the rest."""
LEAST_SHARE = 0.02
"""A smaller share of the work done says nothing of the rest."""
_ENDED = (EventKind.DONE, EventKind.SKIPPED, EventKind.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class Pace:
    """Rates and what is left.

    Attributes:
        bytes_done: stored bytes measured (``qc``), those of earlier runs of the batch among them.
        bytes_transferred: stored bytes transferred.
        qc_bytes_per_second, transfer_bytes_per_second: over the last ten minutes; 0 where nothing was done in them.
        predicted_seconds: processor seconds that the plan predicts of the whole batch, 0 where it predicts
            nothing.
        predicted_seconds_left: of what is not done.
        finish: about when all is done (seconds since 1970), ``None`` where that cannot be said yet.
        finish_early, finish_late: by the faster and the slower of the two rates.
    """

    bytes_done: int = 0
    bytes_transferred: int = 0
    qc_bytes_per_second: float = 0.0
    transfer_bytes_per_second: float = 0.0
    predicted_seconds: float = 0.0
    predicted_seconds_left: float = 0.0
    finish: float | None = None
    finish_early: float | None = None
    finish_late: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The object ``pace`` of ``status.schema.json``."""
        return {
            "bytes_transferred": self.bytes_transferred,
            "bytes_measured": self.bytes_done,
            "transfer_bytes_per_second": round(self.transfer_bytes_per_second, 1),
            "qc_bytes_per_second": round(self.qc_bytes_per_second, 1),
            "predicted_seconds": round(self.predicted_seconds, 1),
            "predicted_seconds_left": round(self.predicted_seconds_left, 1),
            "finish": self.finish,
            "finish_early": self.finish_early,
            "finish_late": self.finish_late,
        }


def pace(items: Items, shards: Iterable[Shard], now: float, *, active: bool, planned: float = 0.0) -> Pace:
    """Rates of ``items``, and the end by them.

    Args:
        items: what the events add up to.
        shards: those of the plan.
        now: seconds since 1970.
        active: whether anything is under way; else no end is told.
        planned: when the plan was made (seconds since 1970): what was done before it, it has not in its shards.
    """
    # A shard's prediction is wall time, that of its jobs processor time: of as many as it has threads.
    predicted = {shard.id: shard.predicted_seconds * shard.threads for shard in shards}
    left = _left(items, predicted, planned)
    whole = sum(predicted.values())
    this_minute = int(now // 60)
    recent = [told for minute, told in items.minutes.items() if this_minute - WINDOW_MINUTES < minute <= this_minute]
    # The first minute of the window may have begun before anything did: count from the earliest one seen in it.
    began = min((minute for minute in items.minutes if this_minute - WINDOW_MINUTES < minute), default=this_minute)
    seconds = max(1.0, now - began * 60)
    rates = [
        rate
        for rate in (
            sum(told[2] for told in recent) / 1000 / seconds,
            sum(told[2] for told in items.minutes.values()) / 1000 / (60 * max(1, len(items.minutes))),
        )
        if rate > 0
    ]
    tellable = active and left > 0 and len(items.minutes) >= LEAST_MINUTES and whole - left >= LEAST_SHARE * whole
    early, late = (now + left / max(rates), now + left / min(rates)) if rates and tellable else (None, None)
    of_stage = dict.fromkeys(("transfer", "qc"), 0)
    for key, item in items.items.items():
        if key.stage in of_stage and key.part == 0 and item.kind in (EventKind.DONE, EventKind.SKIPPED):
            of_stage[key.stage] += item.bytes
    return Pace(
        bytes_done=of_stage["qc"],
        bytes_transferred=of_stage["transfer"],
        qc_bytes_per_second=sum(told[1] for told in recent) / seconds,
        transfer_bytes_per_second=sum(told[0] for told in recent) / seconds,
        predicted_seconds=whole,
        predicted_seconds_left=left,
        finish=None if early is None or late is None else round((early + late) / 2, 0),
        finish_early=None if early is None else round(early, 0),
        finish_late=None if late is None else round(late, 0),
    )


def _left(items: Items, predicted: Mapping[str, float], planned: float) -> float:
    """Predicted processor seconds of what is not done; a shard that ended well has nothing left."""
    done: dict[str, float] = dict.fromkeys(predicted, 0.0)
    for item in items.items.values():
        if item.kind in _ENDED and item.shard in done and item.time >= planned:
            done[item.shard] += item.predicted_seconds
    for writer in items.writers.values():
        if writer.ended >= planned and writer.ended and writer.exit_code == 0 and writer.shard in done:
            done[writer.shard] = predicted[writer.shard]
    return sum(max(0.0, whole - done[shard]) for shard, whole in predicted.items())

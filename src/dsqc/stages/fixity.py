"""fixity: stored bytes are read again by a plan, what is damaged or missing is found, and mended from a good copy.

What was read is noted as the run goes, so a run that is killed has not worked in vain. Damage, repairs and the run
itself become events of fixity in the catalog.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dsqc import logs
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock, now
from dsqc.catalog.fixity import (
    DAMAGE,
    VERIFY,
    KnownCopy,
    append_fixity_event,
    known_copies,
    note_state,
    submissions_of,
)
from dsqc.errors import SystemFault
from dsqc.language import Text
from dsqc.stages._fixity_headers import check_headers, mend_header, open_headers
from dsqc.stages._fixity_plan import ALL, SAMPLE, WITHIN, Plan, chance_to_find, choose, due_before, promise
from dsqc.stages._fixity_repair import Lack, lacking, mend, supply
from dsqc.station import HEADERS, TIERS, Station
from dsqc.storage import Damage, KnownObject, ObjectStore, open_place
from dsqc.transfer.retries import attempts
from dsqc.version import __version__

__all__ = ["ALL", "SAMPLE", "WITHIN", "Fault", "FixityReport", "Plan", "verify_manifests", "verify_storage"]

ACTOR = f"dsqc storage verify {__version__}"
AT_ONCE = 4
"""Objects that are read at once."""
NOTE_EVERY = 200
NOTE_SECONDS = 30.0
"""Results are noted in the catalog after so many, or so long."""


NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Fault:
    """One copy that is not what it should be.

    Attributes:
        state: missing, size, digest, unreadable (``dsqc.storage.Damage``), or uncopied: the place never had it.
        repaired: whether it is good now.
        note: from where it was mended, or why it was not.
    """

    copy: KnownCopy
    state: str
    seen: str
    submissions: tuple[str, ...]
    repaired: bool = False
    note: Text = NOTHING

    def to_dict(self) -> dict[str, Any]:
        """As in ``schemas/reports/storage_verify.schema.json``."""
        return {
            "place": self.copy.place,
            "tier": self.copy.tier,
            "key": self.copy.key,
            "sha256": self.copy.sha256,
            "state": self.state,
            "expected": str(self.copy.stored_size_bytes) if self.state == "size" else self.copy.stored_sha256,
            "seen": self.seen,
            "submissions": list(self.submissions),
            "repaired": self.repaired,
            "note": self.note.en,
        }


@dataclass(slots=True)
class FixityReport:
    """What a run read and found."""

    plan: Plan
    copies: int = 0
    size_bytes: int = 0
    read_copies: int = 0
    read_bytes: int = 0
    stopped: bool = False
    probability: float | None = None
    promise: dict[str, Any] | None = None
    unknown_places: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether everything that was looked at is good (now)."""
        return all(fault.repaired for fault in self.faults)

    def to_dict(self) -> dict[str, Any]:
        """As in ``schemas/reports/storage_verify.schema.json``."""
        return {
            "plan": self.plan.to_dict(),
            "copies": self.copies,
            "size_bytes": self.size_bytes,
            "read_copies": self.read_copies,
            "read_bytes": self.read_bytes,
            "stopped_by_budget": self.stopped,
            "probability": self.probability,
            "promise": self.promise,
            "unknown_places": self.unknown_places,
            "faults": [fault.to_dict() for fault in self.faults],
        }


def verify_storage(
    station: Station,
    plan: Plan,
    *,
    tiers: Collection[str] = TIERS,
    repair: bool = False,
    clock: Clock = now,
    elapsed: Callable[[], float] = time.monotonic,
) -> FixityReport:
    """Read copies again by ``plan``, note what was found, and mend it where asked to.

    Raises:
        CatalogFault, TransientFault: the catalog or a store cannot be reached; what was read by then is noted.
    """
    log = logs.logger(stage="fixity", plan=plan.kind)
    stores = {place.name: open_place(place) for tier in tiers for place in station.places(tier)}
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            everything = known_copies(session, tiers)
        copies = [copy for copy in everything if copy.place in stores]
        report = FixityReport(plan, len(copies), sum(copy.stored_size_bytes for copy in copies))
        for copy in everything:
            if copy.place not in stores:
                report.unknown_places[copy.place] = report.unknown_places.get(copy.place, 0) + 1
        # A bucket that is gone or a disk that is not mounted says nothing about its objects.
        for name in {copy.place for copy in copies}:
            stores[name].require_there()
        run = _Run(catalog, stores, open_headers(station), report, clock)
        chosen = choose(plan, copies, clock())
        log.info("start", copies=len(copies), chosen=len(chosen))
        done = run.read(chosen, elapsed)
        _conclude(report, copies, done, clock())
        run.read_headers([copy for copy in chosen if copy.id in done])
        lacks = lacking(station, tiers, everything)
        report.faults += [Fault(lack.copy, "uncopied", "", run.submissions(lack.copy)) for lack in lacks]
        if repair:
            run.repair(everything, lacks)
        catalog.write(
            lambda session: append_fixity_event(
                session, VERIFY, actor=ACTOR, details=_summary(report, tiers), clock=clock
            )
        )
    log.info("end", read=report.read_copies, faults=len(report.faults), whole=report.whole)
    return report


def verify_manifests(station: Station, tiers: Collection[str] = TIERS) -> FixityReport:
    """Read back every object that the manifests of each place name, without the catalog; nothing is noted.

    Raises:
        StorageFault: a manifest is damaged.
        TransientFault: a store cannot be reached.
    """
    report = FixityReport(Plan())
    for place in (place for tier in tiers for place in station.places(tier)):
        store = open_place(place)
        known = store.known_objects().values()
        report.copies += len(known)
        report.size_bytes += sum(item.size_bytes for item in known)
        for item in known:
            damage = store.check(item)
            report.read_copies += 1
            report.read_bytes += item.size_bytes
            if damage is not None:
                copy = KnownCopy(
                    0, 0, item.sha256, place.tier, place.name, item.key, item.sha256, item.size_bytes, "", {}, ""
                )
                report.faults.append(Fault(copy, damage.state, damage.seen, item.submissions))
    return report


def _conclude(report: FixityReport, copies: Sequence[KnownCopy], done: Collection[int], moment: datetime) -> None:
    """What the run promises, after what it really read."""
    plan = report.plan
    if plan.kind == SAMPLE:
        report.probability = chance_to_find(report.copies, plan.find, report.read_copies)
    if plan.kind == WITHIN:
        limit = due_before(plan, moment)
        left = [copy for copy in copies if copy.id not in done and copy.verified_at < limit]
        report.promise = promise(
            plan, left, total_bytes=report.size_bytes, read_bytes=report.read_bytes, stopped=report.stopped
        )


def _summary(report: FixityReport, tiers: Collection[str]) -> dict[str, Any]:
    said = report.to_dict()
    faults = said.pop("faults")
    repaired = sum(fault["repaired"] for fault in faults)
    return {**said, "tiers": list(tiers), "faults": len(faults), "repaired": repaired}


@dataclass(slots=True)
class _Run:
    """One run over the copies."""

    catalog: Catalog
    stores: dict[str, ObjectStore]
    headers: ObjectStore
    report: FixityReport
    clock: Clock
    _noted_at: float = 0.0

    def read(self, chosen: Sequence[KnownCopy], elapsed: Callable[[], float]) -> set[int]:
        """Read copies back until the budget is used up; the ids of those that were."""
        done: set[int] = set()
        results: list[tuple[KnownCopy, Damage | None, datetime]] = []
        self._noted_at = elapsed()
        try:
            for copy, damage in self._checked(chosen, elapsed):
                done.add(copy.id)
                self.report.read_copies += 1
                self.report.read_bytes += copy.stored_size_bytes
                results.append((copy, damage, self.clock()))
                if len(results) >= NOTE_EVERY or elapsed() - self._noted_at > NOTE_SECONDS:
                    self._note(results)
                    self._noted_at = elapsed()
        finally:
            # Also when a store went away in the middle: what was read is read.
            self._note(results)
        self.report.stopped = len(done) < len(chosen)
        return done

    def read_headers(self, copies: Sequence[KnownCopy]) -> None:
        """Look at the headers of closed objects that were read."""
        found = check_headers(self.catalog, self.headers, copies, actor=ACTOR, clock=self.clock)
        self.report.faults += [Fault(copy, state, seen, self.submissions(copy)) for copy, state, seen in found]

    def _checked(
        self, chosen: Sequence[KnownCopy], elapsed: Callable[[], float]
    ) -> Iterator[tuple[KnownCopy, Damage | None]]:
        """Copies with what is wrong with them, a few read at once, none begun beyond the budget."""
        plan, begun_bytes, start = self.report.plan, 0, elapsed()
        stop = threading.Event()
        running: dict[Future[Damage | None], KnownCopy] = {}
        waiting = iter(chosen)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dsqc-fixity") as pool:
            try:
                while True:
                    while len(running) < AT_ONCE and not stop.is_set():
                        used_up = (plan.budget_bytes is not None and begun_bytes >= plan.budget_bytes) or (
                            plan.budget_seconds is not None and elapsed() - start >= plan.budget_seconds
                        )
                        copy = None if used_up else next(waiting, None)
                        if copy is None:
                            stop.set()
                            break
                        begun_bytes += copy.stored_size_bytes
                        running[pool.submit(self._check, copy)] = copy
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(future), future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _check(self, copy: KnownCopy) -> Damage | None:
        known = KnownObject(copy.stored_sha256, copy.stored_size_bytes, named_key=copy.key)
        for attempt in attempts():
            with attempt:
                return self.stores[copy.place].check(known)
        raise AssertionError("the last attempt returns or raises")

    def _note(self, results: list[tuple[KnownCopy, Damage | None, datetime]]) -> None:
        """Write results into the catalog, and empty the list."""
        if not results:
            return
        found = [
            Fault(copy, damage.state, damage.seen, self.submissions(copy)) for copy, damage, _at in results if damage
        ]

        def work(session: Any) -> None:
            for copy, damage, at in results:
                if damage is None:
                    note_state(session, copy.id, "present", "read back", at)
                else:
                    note_state(session, copy.id, "missing" if damage.state == "missing" else "damaged")
            for fault in found:
                append_fixity_event(
                    session,
                    DAMAGE,
                    actor=ACTOR,
                    place=fault.copy.place,
                    sha256=fault.copy.sha256,
                    details={"key": fault.copy.key, "state": fault.state, "seen": fault.seen},
                    clock=self.clock,
                )

        self.catalog.write(work)
        self.report.faults += found
        results.clear()

    def submissions(self, copy: KnownCopy) -> tuple[str, ...]:
        """Who needs it."""
        with self.catalog.reading() as session:
            return tuple(submissions_of(session, copy.object_id))

    def repair(self, everything: Sequence[KnownCopy], lacks: Sequence[Lack]) -> None:
        """Mend what can be mended; one fault that cannot does not keep the others from it."""
        bad = {fault.copy.id for fault in self.report.faults}
        good = [copy for copy in everything if copy.id not in bad and copy.place in self.stores]
        makers = {lack.copy: lack for lack in lacks}
        mended = []
        for fault in self.report.faults:
            try:
                if fault.copy.place == HEADERS:
                    note = mend_header(self.catalog, self.headers, fault.copy, actor=ACTOR, clock=self.clock)
                elif fault.copy in makers:
                    note = supply(self.catalog, self.stores, makers[fault.copy], good, clock=self.clock)
                else:
                    note = mend(self.catalog, self.stores, fault.copy, fault.state, good, clock=self.clock)
                repaired = True
            except SystemFault as error:
                note, repaired = Text(str(error), str(error)), False
            mended.append(Fault(fault.copy, fault.state, fault.seen, fault.submissions, repaired, note))
        self.report.faults = mended

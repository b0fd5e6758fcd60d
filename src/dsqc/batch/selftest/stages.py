"""The made-up submissions through the stages of a batch, into the sandbox; each stage is held against what must be."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dsqc.batch.selftest.checks import Checks, Unexpected
from dsqc.batch.selftest.samples import CLOSED, OPEN, Sample, differences, samples
from dsqc.crypt4gh import station_keys
from dsqc.language import Text
from dsqc.stages.judge import judge
from dsqc.stages.qc import qc_run
from dsqc.stages.register import register
from dsqc.stages.register_many import rehearse
from dsqc.stages.transfer import transfer
from dsqc.stages.validate import validate
from dsqc.station import Station
from dsqc.storage import open_place
from dsqc.taxonomy import choose_taxonomy

PART = "stages"
_FAULTY = "Run the same test on another node; if it says the same there, install dsqc again."


@dataclass(frozen=True, slots=True)
class Route:
    """One submission's way.

    Attributes:
        station: the true one; only a rehearsal touches its catalog.
        sandbox: where the submission is registered.
        folder: scratch of this submission.
    """

    sample: Sample
    station: Station
    sandbox: Station
    folder: Path

    @property
    def inbox(self) -> Path:
        """Where it is transferred to."""
        return self.folder / "inbox"

    @property
    def results(self) -> Path:
        """``results/<submission>``."""
        return self.folder / "results"

    def steps(self) -> dict[str, Callable[[], Text]]:
        """Stage -> what does it and looks at what came of it."""
        steps = {
            "transfer": self._transfer,
            "validate": self._validate,
            "qc": self._qc,
            "judge": self._judge,
            "register": self._register,
        }
        # What it would do to the true catalog: done there, and taken back.
        return steps | {"rehearse": self._rehearse} if self.sample.name == OPEN else steps

    def _transfer(self) -> Text:
        source = self._hand_in()
        result = transfer(
            source,
            self.inbox,
            self.results,
            submission=self.sample.name,
            s3=self.sandbox.s3,
            keys=station_keys(self.sandbox),
            options=self.sandbox.transfer,
        )
        states = {row["name"]: row["state"] for row in result.record["files"]}
        lost = sorted(name for name in self.sample.files if states.get(name) != "copied")
        if lost:
            raise Unexpected(f"{', '.join(lost)} did not arrive.", hint=f"`dsqc transfer {source} inbox` says more.")
        return Text(f"{len(states)} files from {source}", f"{source}에서 파일 {len(states)}개")

    def _hand_in(self) -> str:
        """Lay the files where submissions come from: a prefix of the sandbox where that is in S3, else a directory."""
        place = self.sandbox.places("public")[0]
        # A source is reached as [s3] says; only a place that is reached so too can be one.
        if self.sample.name != OPEN or not place.url.startswith("s3://") or place.s3 != self.sandbox.s3:
            self.sample.write(self.folder / "source")
            return str(self.folder / "source")
        store = open_place(place)
        for name, data in self.sample.contents().items():
            store.put_value(f"source/{name}", data)
        return f"{place.url}/source"

    def _validate(self) -> Text:
        result = validate(
            self.inbox,
            self.results,
            transfer=self.results / "transfer.json",
            limits=self.sandbox.limits,
            taxonomy=choose_taxonomy(None, self.sandbox.taxonomy_path),
            keys=station_keys(self.sandbox),
        )
        counts = result.findings.counts()
        if result.has_errors == (self.sample.verdict == "pass"):
            codes = ", ".join(sorted({item.code for item in result.findings})) or "no finding"
            raise Unexpected(f"The forms were judged otherwise than they must be: {codes}.", hint=_FAULTY)
        return Text(f"{counts['error']} errors, as they must be", f"오류 {counts['error']}건, 예상과 같음")

    def _qc(self) -> Text:
        result = qc_run(
            self.results / "submission.json",
            self.sample.run,
            self.inbox,
            self.results / "runs" / self.sample.run,
            panel=self.sandbox.panel_path,
            keys=station_keys(self.sandbox),
        )
        compared = 0
        for item in result.files:
            wanted = self.sample.measured.get(item.name, {})
            if found := differences(wanted, item.data["file"], item.metrics):
                raise Unexpected(f"{item.name} was measured wrongly: {'; '.join(found)}.", hint=_FAULTY)
            compared += len(wanted)
        if self.sample.measured and not compared:
            raise Unexpected("No data file was measured.", hint=_FAULTY)
        return Text(
            f"{len(result.files)} files, {compared} values as counted by hand",
            f"파일 {len(result.files)}개, 값 {compared}개가 예상과 같음",
        )

    def _judge(self) -> Text:
        result = judge(
            self.results,
            limits=self.sandbox.limits,
            taxonomy=choose_taxonomy(None, self.sandbox.taxonomy_path),
            reference=self.sandbox.reference_path,
        )
        codes = {group.first.code for group in result.reasons}
        if result.verdict.value != self.sample.verdict or not codes >= self.sample.codes:
            said = ", ".join(sorted(codes)) or "no reason"
            wanted = ", ".join([self.sample.verdict, *sorted(self.sample.codes)])
            raise Unexpected(f"The verdict is {result.verdict.value} ({said}) instead of {wanted}.", hint=_FAULTY)
        return Text(f"{result.verdict.value}, as it must be", f"{result.verdict.value}, 예상과 같음")

    def _register(self) -> Text:
        first = register(self.results, self.inbox, self.sandbox).receipt
        again = register(self.results, self.inbox, self.sandbox).receipt
        if first["state"] != self.sample.state:
            codes = ", ".join(sorted({reason["code"] for reason in first["reasons"]})) or "no reason"
            raise Unexpected(f"It is {first['state']} ({codes}) instead of {self.sample.state}.", hint=_FAULTY)
        if first["accessions"] != again["accessions"]:
            raise Unexpected("Registered twice, it has two numbers.", hint=_FAULTY)
        self._require_stored()
        return Text(f"{first['state']}, in the sandbox", f"{first['state']}, 시험 공간")

    def _require_stored(self) -> None:
        """Whatever was registered stands in every place of its tier, and nothing of it anywhere else."""
        tier = {OPEN: "public", CLOSED: "closed"}.get(self.sample.name, "")
        for place in self.sandbox.places(tier) if tier else []:
            found = sum(1 for _ in open_place(place).entries("objects/"))
            if found != len(self.sample.files):
                raise Unexpected(
                    f"{place.name} holds {found} objects instead of {len(self.sample.files)}.",
                    hint="Look at `dsqc storage probe`.",
                )

    def _rehearse(self) -> Text:
        outcome = rehearse(self.results, self.inbox, self.station)["outcome"]
        if outcome not in ("registered", "in_curation"):
            raise Unexpected(
                f"In the station's own catalog it would be {outcome}.",
                hint="Look at [curation] and `dsqc catalog verify`.",
            )
        return Text(f"would be {outcome}; taken back", f"{outcome} 예정, 되돌림")


def check_stages(checks: Checks, station: Station, sandbox: Station, scratch: Path) -> None:
    """Take every sample through the stages; a stage that is broken ends the way of that sample."""
    for sample in samples():
        if sample.name == CLOSED and not station_keys(station).are_there:
            continue
        for stage, step in Route(sample, station, sandbox, scratch / sample.name).steps().items():
            if not checks.run(PART, f"{stage} {sample.name}", step):
                break

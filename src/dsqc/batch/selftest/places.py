"""What a self-test tries of the places that a station works in: stores, catalog, scratch, kernels, programs, mail."""

import os
import random
import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.accessions import AccessionType
from dsqc.artefact import sha256_of
from dsqc.batch.selftest.checks import Skipped, Unexpected
from dsqc.catalog.database import Catalog
from dsqc.catalog.minting import mint
from dsqc.catalog.models import AccessionCounterRecord, SubmissionRecord
from dsqc.language import Text
from dsqc.station import Station
from dsqc.storage import ObjectStore, object_key

SEED = 1
OBJECT_BYTES = 300_000
RANGE = (123_456, 1000)
LEAST_FREE_BYTES = 1 << 30
"""Scratch space below which a batch is as good as stopped."""


def variables(station: Station) -> dict[str, str]:
    """Environment variables that the configuration names as holders of secrets -> what needs them."""
    found = {
        station.catalog_password_env: "catalog_password_env",
        station.closed.passphrase_env: "[closed] passphrase_env",
        station.closed.previous_passphrase_env: "[closed] previous_passphrase_env",
        station.signing.passphrase_env: "[signing] passphrase_env",
        station.notices.smtp_password_env: "[notices] smtp_password_env",
        station.notify.smtp_password_env: "[notify] smtp_password_env",
        station.notify.webhook_env: "[notify] webhook_env",
        station.notify.webhook_secret_env: "[notify] webhook_secret_env",
        station.exchange.passphrase_env: "[exchange] passphrase_env",
        station.web.metrics_token_env: "[web] metrics_token_env",
    }
    for name, options in {"s3": station.s3, **{f"s3.{key}": item for key, item in station.s3_places.items()}}.items():
        for key in ("access_key_env", "secret_key_env", "session_token_env"):
            found.setdefault(getattr(options, key), f"[{name}] {key}")
    found.pop("", None)
    return found


def check_variable(name: str, needed_by: str) -> Text:
    """That an environment variable with a secret is set; never what it holds."""
    if not os.environ.get(name):
        raise Unexpected(
            f"The environment variable {name} is not set; {needed_by} of station.toml names it.",
            hint=f"Set {name} for whoever runs batches, on the nodes too.",
        )
    return Text(f"set, for {needed_by}", f"설정됨, {needed_by}에 사용")


def check_keys(station: Station) -> Text:
    """That the keys of closed data are a pair and open, and only their owner reads the private one."""
    from dsqc.crypt4gh import station_keys

    keys = station_keys(station)
    if not keys.are_there:
        raise Skipped(Text("no keys: closed data is not taken", "키가 없어 비공개 데이터를 받지 않습니다"))
    fingerprint = keys.public.fingerprint
    _require_private(station.root / station.closed.private_key)
    return Text(f"open, key {fingerprint}", f"열림, 키 {fingerprint}")


def check_signing(station: Station) -> Text:
    """That the station's signing key opens."""
    from dsqc.station_key import station_signing_key

    if station_signing_key(station) is None:
        raise Skipped(Text("no signing key: receipts are not signed", "서명 키가 없어 접수증에 서명하지 않습니다"))
    _require_private(station.root / station.signing.private_key)
    return Text("opens", "열림")


def _require_private(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Unexpected(f"{path} has the mode {mode:04o}: others may read it.", hint=f"chmod 600 {path}")


def check_store(store: ObjectStore, scratch: Path) -> Text:
    """Put an object, prove it, read it whole and in the middle, put it again, delete it."""
    body = random.Random(SEED).randbytes(OBJECT_BYTES)  # noqa: S311  the same bytes every time
    path = scratch / "object"
    path.write_bytes(body)
    sha256 = sha256_of(path)
    key = object_key(sha256)
    first = store.put_file(path, sha256=sha256)
    again = store.put_file(path, sha256=sha256)
    if not first.created or again.created:
        raise Unexpected("The store does not know which objects it holds.", hint="Look at `dsqc storage probe`.")
    _require(store.size_of(key) == OBJECT_BYTES, "has another size than was sent")
    _require(store.read(key) == body, "is not what was sent when it is read back")
    start, length = RANGE
    _require(store.read_range(key, start, length) == body[start : start + length], "cannot be read in the middle")
    _require(key in {info.key for info in store.entries("objects/")}, "is not listed")
    store.delete(key)
    _require(store.size_of(key) is None, "is still there after it was deleted")
    return Text(
        f"put, proven ({first.proof}), read, read in the middle, deleted",
        f"저장·검증({first.proof})·읽기·부분 읽기·삭제 확인",
    )


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unexpected(
            f"An object {otherwise}.", hint="Do not register until the store is mended: `dsqc storage probe`."
        )


def check_catalog(station: Station) -> Text:
    """Open the catalog, read it, mint an accession in a transaction that is taken back, see that it was."""

    def last(session: Session) -> int:
        counter = AccessionCounterRecord
        return int(session.scalar(select(counter.last).where(counter.type == AccessionType.SUBMISSION.value)) or 0)

    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            count = int(session.scalar(select(func.count()).select_from(SubmissionRecord)) or 0)

        def rehearsed(session: Session) -> tuple[int, int]:
            before = last(session)
            mint(session, AccessionType.SUBMISSION, 1, station.prefixes)
            return before, last(session)

        before, after = catalog.rehearse(rehearsed)
    if after != before + 1:
        raise Unexpected(
            f"The counter of accessions went from {before} to {after}.", hint="Stop registering: `dsqc catalog verify`."
        )
    return Text(
        f"{count:,} submissions; an accession was minted and taken back",
        f"제출 {count:,}건, 등록번호를 발급했다가 되돌림",
    )


def check_scratch(place: Path) -> Text:
    """Write and flush a file where work is done, and see how much room is left."""
    with tempfile.TemporaryFile(dir=place) as file:
        file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
    found = os.statvfs(place)
    free = found.f_bavail * found.f_frsize
    if free < LEAST_FREE_BYTES or (found.f_files and not found.f_favail):
        raise Unexpected(
            f"{place} has {free / 2**30:.1f} GiB and {found.f_favail:,} files left.",
            hint="Free some space, or name another place (TMPDIR, --work).",
        )
    return Text(f"{place}: {free / 2**30:.0f} GiB free", f"{place}: 여유 {free / 2**30:.0f} GiB")


def check_kernels() -> Text:
    """Compile what is missing of the kernels, and see that it is kept."""
    from dsqc.kernels._cache import cache_directory
    from dsqc.kernels._jit import warm_up

    place = cache_directory()
    if place is None:
        raise Unexpected(
            "No place can keep compiled kernels: every process compiles them anew.",
            hint="Set DSQC_CACHE_DIR to a directory on a disk of the node that this user may write.",
        )
    compiled = len(warm_up())
    return Text(f"{place}, {compiled} compiled now", f"{place}, 지금 컴파일 {compiled}개")


def check_programs(*, slurm: bool) -> Iterator[tuple[str, str]]:
    """What the workflow needs: program or package, and how it is installed."""
    if find_spec("snakemake") is None:
        yield "snakemake", "pip install 'dsqc[workflow]'"
    if slurm and find_spec("snakemake_executor_plugin_slurm") is None:
        yield "snakemake-executor-plugin-slurm", "pip install 'dsqc[workflow]'"
    for program in ("sbatch", "squeue", "scancel") if slurm else ():
        if shutil.which(program) is None:
            yield program, "Run this where jobs are submitted from, or put Slurm's commands on the PATH."


def check_mail(station: Station) -> Text:
    """Connect and log in to the mail server of notices; nothing is sent."""
    from dsqc.stages._notices import mail_server

    if not station.notices.smtp:
        raise Skipped(Text("no mail server: notices stay in the outbox", "메일 서버가 없어 알림은 발신함에 남습니다"))
    with mail_server(station) as server:
        server.noop()
    return Text(f"{station.notices.smtp} takes mail", f"{station.notices.smtp} 응답 정상")


def check_batch_mail(station: Station) -> Text:
    """The same for mails at the end of a batch."""
    from dsqc.batch.notify import notify_mail_server
    from dsqc.stages._mail import connect

    if not station.notify.mail_to:
        raise Skipped(Text("nobody is told of batches by mail", "배치 종료 메일을 받을 사람이 없습니다"))
    server, _sender = notify_mail_server(station)
    with connect(server) as connection:
        connection.noop()
    return Text(f"{server.address} takes mail", f"{server.address} 응답 정상")


def check_webhook(station: Station) -> Text:
    """Connect to the webhook; nothing is posted."""
    from dsqc.batch.notify import reach_webhook

    if not (station.notify.webhook or station.notify.webhook_env):
        raise Skipped(Text("no webhook", "웹훅이 없습니다"))
    host = reach_webhook(station)
    return Text(f"{host} can be reached", f"{host} 연결 정상")

"""Leases: one holder at a time, taken over when the time is up or the process is gone, and never for long."""

import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.leases import LeaseLost, check_held, held, is_dead, release, this_holder, try_acquire
from dsqc.catalog.models import LeaseRecord
from dsqc.errors import TransientFault
from dsqc.station import Station

KEY = ("kim@institute.re.kr", "rice-2026")
START = datetime(2026, 1, 1, tzinfo=UTC)


def acquire(catalog: Catalog, holder: str, at: datetime, seconds: float = 60) -> str:
    return catalog.write(lambda session: try_acquire(session, KEY, holder, seconds, at))


def test_a_lease_has_one_holder_until_its_deadline(station: Station) -> None:
    with Catalog.open(station) as catalog:
        assert acquire(catalog, "node1:5:1:1", START) == ""
        assert acquire(catalog, "node2:6:1:1", START + timedelta(seconds=59)) == "node1:5:1:1"
        assert acquire(catalog, "node1:5:1:1", START + timedelta(seconds=59)) == ""
        assert acquire(catalog, "node2:6:1:1", START + timedelta(seconds=61)) == "node1:5:1:1"
        assert acquire(catalog, "node2:6:1:1", START + timedelta(seconds=120)) == ""


def test_the_work_of_a_lost_lease_is_refused(station: Station) -> None:
    with Catalog.open(station) as catalog:
        acquire(catalog, "node1:5:1:1", START)
        acquire(catalog, "node2:6:1:1", START + timedelta(hours=1))

        with pytest.raises(LeaseLost, match="node2:6"), catalog.writing() as session:
            check_held(session, KEY, "node1:5:1:1")
        catalog.write(lambda session: release(session, KEY, "node1:5:1:1"))
        catalog.write(lambda session: check_held(session, KEY, "node2:6:1:1"))


def test_the_lease_of_a_dead_process_of_this_host_is_taken_at_once(station: Station) -> None:
    script = "from dsqc.catalog.leases import this_holder; print(this_holder())"
    gone = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()

    with Catalog.open(station) as catalog:
        assert acquire(catalog, gone, START) == ""
        assert acquire(catalog, this_holder(), START) == ""


def test_whose_process_is_dead() -> None:
    host = socket.gethostname()
    pid = this_holder().split(":")[1]
    assert not is_dead(this_holder())
    assert is_dead(f"{host}:{pid}:1:1"), "the pid is in use again by a process that started at another time"
    assert not is_dead("another-host:1:1:1")
    assert not is_dead(f"{host}:no-number:1:1")


def test_a_held_lease_is_renewed_and_given_back(station: Station) -> None:
    ticks = iter(range(1000))
    renewed = threading.Event()

    def clock() -> datetime:
        number = next(ticks)
        if number >= 3:
            renewed.set()
        return START + timedelta(seconds=number)

    with Catalog.open(station) as catalog:
        with held(catalog, KEY, seconds=0.3, clock=clock) as holder:
            assert renewed.wait(30)
            catalog.write(lambda session: check_held(session, KEY, holder))
        with catalog.reading() as session:
            assert session.scalars(select(LeaseRecord)).all() == []


def test_a_living_holder_is_waited_for_only_so_long(station: Station) -> None:
    with Catalog.open(station) as catalog:
        acquire(catalog, "node1:5:1:1", datetime.now(UTC), seconds=3600)

        with pytest.raises(TransientFault, match="worked on by node1:5"), held(catalog, KEY, seconds=0.1):
            raise AssertionError("the lease is taken")

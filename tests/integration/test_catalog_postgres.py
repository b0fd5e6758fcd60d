"""What only a server can do to us: refuse a password, go away, come back."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from dsqc.accessions import AccessionType
from dsqc.catalog.database import Catalog
from dsqc.catalog.making import make_station
from dsqc.catalog.minting import mint
from dsqc.cli.main import main
from dsqc.errors import TransientFault, UsageError
from dsqc.station import Prefixes, Station, load_station
from infra.postgres import PostgresServer

pytestmark = pytest.mark.postgres
VARIABLE = "TEST_CATALOG_PASSWORD"


@pytest.fixture
def served(postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    """A station with its catalog on the server."""
    monkeypatch.setenv(VARIABLE, postgres_server.password)
    name = f"test_{uuid.uuid4().hex[:12]}"
    url = postgres_server.create_database(name)
    try:
        yield make_station(tmp_path / "station", {"catalog_url": url, "catalog_password_env": VARIABLE}).station
    finally:
        postgres_server.drop_database(name)


def test_the_password_comes_from_the_environment_and_stays_out_of_sight(
    served: Station,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["catalog", "stats", "--station", str(served.root), "--debug"]) == 0
    assert postgres_server.password not in (served.root / "station.toml").read_text(encoding="utf-8")

    monkeypatch.setenv(VARIABLE, "wrong-secret")
    assert main(["catalog", "stats", "--station", str(served.root), "--debug"]) == 1
    shown = capsys.readouterr()
    assert "password authentication failed" in shown.err
    assert "wrong-secret" not in shown.out + shown.err

    monkeypatch.delenv(VARIABLE)
    assert main(["catalog", "stats", "--station", str(served.root)]) == 2
    assert f"{VARIABLE} is not set" in capsys.readouterr().err


def test_a_connection_that_is_cut_is_made_again(served: Station, postgres_server: PostgresServer) -> None:
    """The server ends our session inside the transaction: the work is done once, by the next attempt."""
    tries = []

    def work(session: Session) -> list[str]:
        tries.append(session.scalar(text("SELECT pg_backend_pid()")))
        minted = mint(session, AccessionType.RUN, 2, Prefixes())
        if len(tries) == 1:
            postgres_server.execute(f"SELECT pg_terminate_backend({tries[0]}, 10000)")
            session.execute(text("SELECT 1"))
        return minted

    with Catalog.open(served) as catalog:
        assert catalog.write(work) == ["KAR00000001", "KAR00000002"]
        assert catalog.write(lambda session: mint(session, AccessionType.RUN, 1, Prefixes())) == ["KAR00000003"]
    assert len(tries) == 2


def test_a_server_that_does_not_answer_is_a_fault_that_may_pass(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text('catalog_url = "postgresql://dsqc@127.0.0.1:1/none"\n', encoding="utf-8")

    with pytest.raises(TransientFault, match="did not answer"), Catalog.open(load_station(tmp_path)):
        raise AssertionError("nobody answers on port 1")


def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text('catalog_url = "mysql://dsqc@127.0.0.1/none"\n', encoding="utf-8")

    with pytest.raises(UsageError, match="mysql"), Catalog.open(load_station(tmp_path)):
        raise AssertionError("mysql is not supported")

"""Accessions: in order, by the station's prefixes, never twice, and back again when the transaction fails."""

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from dsqc.accessions import STYLES, AccessionType
from dsqc.catalog.database import Catalog
from dsqc.catalog.minting import mint, prepare_counters
from dsqc.catalog.models import AccessionCounterRecord
from dsqc.errors import CatalogFault
from dsqc.station import Prefixes, Station


@pytest.mark.parametrize("kind", list(AccessionType))
def test_numbers_go_up_in_order(station: Station, kind: AccessionType) -> None:
    with Catalog.open(station) as catalog:
        first = catalog.write(lambda session: mint(session, kind, 3, Prefixes()))
        second = catalog.write(lambda session: mint(session, kind, 1, Prefixes()))
        none = catalog.write(lambda session: mint(session, kind, 0, Prefixes()))

    assert first == [STYLES[kind].format(number) for number in (1, 2, 3)]
    assert (second, none) == ([STYLES[kind].format(4)], [])


def test_a_station_prints_its_own_prefixes(station: Station) -> None:
    with Catalog.open(station) as catalog:
        minted = catalog.write(lambda session: mint(session, AccessionType.RUN, 1, Prefixes(run="XYR")))
    assert minted == ["XYR00000001"]


def test_a_failed_transaction_gives_its_numbers_back(station: Station) -> None:
    def fail(session: Session) -> None:
        mint(session, AccessionType.RUN, 5, Prefixes())
        raise KeyError("something else went wrong")

    with Catalog.open(station) as catalog:
        with pytest.raises(KeyError):
            catalog.write(fail)
        assert catalog.write(lambda session: mint(session, AccessionType.RUN, 1, Prefixes())) == ["KAR00000001"]


def test_preparing_again_does_not_count_from_the_start(station: Station) -> None:
    with Catalog.open(station) as catalog:
        catalog.write(lambda session: mint(session, AccessionType.RUN, 7, Prefixes()))
        catalog.write(prepare_counters)
        assert catalog.write(lambda session: mint(session, AccessionType.RUN, 1, Prefixes())) == ["KAR00000008"]


def test_a_missing_counter_is_a_fault(station: Station) -> None:
    with Catalog.open(station) as catalog:
        catalog.write(lambda session: session.execute(delete(AccessionCounterRecord)))
        with pytest.raises(CatalogFault, match="no counter"):
            catalog.write(lambda session: mint(session, AccessionType.RUN, 1, Prefixes()))

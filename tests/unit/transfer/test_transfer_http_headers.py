"""What servers write into headers, right or wrong."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.transfer.http_client import _retry_after
from dsqc.transfer.httpsource import _digests, _number


@pytest.mark.parametrize("text", ["", "soon", "-5", "²", "1.5", "Fri, 31 Feb 2020 00:00:00 GMT", "Mon, 01 Jan 2001"])
def test_a_time_to_wait_that_is_none_is_no_time(text):
    assert _retry_after(text) == 0


def test_a_time_to_wait_is_seconds_or_a_date():
    assert _retry_after(" 120 ") == 120
    assert _retry_after("9" * 400) >= 10**6
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < _retry_after(later) <= 3600
    assert _retry_after("Mon, 01 Jan 2001 00:00:00 GMT") == 0


@given(st.text())
def test_no_header_stops_anything(text):
    assert _retry_after(text) >= 0
    assert set(_digests({"Repr-Digest": text, "Digest": text, "Content-MD5": text})) <= {"md5", "sha256"}
    assert _number(text) is None or _number(text) >= 0


def test_digests_that_are_none_are_left_out():
    assert _digests({"Repr-Digest": "md5=:AAAA:, sha-256=:not base64:, unixsum=:AAAA:"}) == {}
    # Of a part, Content-MD5 is the checksum of the part.
    md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
    assert _digests({"Content-MD5": md5}) == {"md5": "d41d8cd98f00b204e9800998ecf8427e"}
    assert _digests({"Content-MD5": md5, "Content-Range": "bytes 0-0/5"}) == {}

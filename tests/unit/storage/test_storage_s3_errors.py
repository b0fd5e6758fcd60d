"""What the errors of a store mean to the user, and how S3 URLs are read. No server is needed for these."""

import errno

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from dsqc.errors import StorageFault, TransientFault, UsageError
from dsqc.sending.requests import KeyGate
from dsqc.station import S3Options
from dsqc.storage import s3
from dsqc.storage.s3upload import MOST_PARTS, PART_BYTES, part_size

SECRET = "wJalrXUtnFEMI"  # a made-up key, to see that it is not repeated


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"you sent {SECRET}"}}, "PutObject")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (client_error("SignatureDoesNotMatch"), StorageFault, "secret key is wrong"),
        (client_error("InvalidAccessKeyId"), StorageFault, "not known"),
        (client_error("AccessDenied"), StorageFault, "access is denied"),
        (client_error("ExpiredToken"), StorageFault, "expired"),
        (client_error("RequestTimeTooSkewed"), StorageFault, "clock"),
        (client_error("QuotaExceeded"), StorageFault, "quota"),
        (client_error("SomethingNew"), StorageFault, "SomethingNew"),
        (client_error("SlowDown"), TransientFault, "busy"),
        (client_error("503"), TransientFault, "busy"),
        (client_error("NoSuchBucket"), UsageError, "bucket does not exist"),
        (NoCredentialsError(), UsageError, "AWS_ACCESS_KEY_ID"),
        (EndpointConnectionError(endpoint_url=f"http://user:{SECRET}@x"), TransientFault, "cannot be reached"),
        (ReadTimeoutError(endpoint_url="http://x"), TransientFault, "cannot be reached"),
        (PermissionError("no"), StorageFault, "access is denied"),
        (OSError(errno.ENOSPC, "full"), StorageFault, "no space"),
        (ConnectionResetError("reset"), TransientFault, "Run the same command again"),
    ],
)
def test_every_error_is_translated_once_and_keeps_its_cause(error, kind, text):
    with pytest.raises(kind, match=text) as caught, s3.translated("s3://bucket/key"):
        raise error
    assert caught.value.__cause__ is error
    assert str(caught.value).startswith("s3://bucket/key: ")
    assert SECRET not in str(caught.value)


def test_the_code_is_found_below_what_another_library_wrapped():
    wrapped = FileNotFoundError("wrapped")
    wrapped.__cause__ = client_error("NoSuchKey")
    assert s3.is_absent(wrapped)


def test_a_missing_bucket_is_not_a_missing_object():
    assert not s3.is_absent(client_error("NoSuchBucket"))


@pytest.mark.parametrize(
    ("url", "parts"),
    [("s3://b", ("b", "")), ("s3://b/", ("b", "")), ("s3://b/x/y/", ("b", "x/y")), ("s3://b/시료", ("b", "시료"))],
)
def test_urls(url, parts):
    assert s3.split_url(url) == parts


@pytest.mark.parametrize("url", ["s3://", "s3:///x", f"s3://key:{SECRET}@host/bucket", "s3://b?x=1", "b/x"])
def test_a_url_with_more_in_it_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError, match="s3://bucket/prefix") as caught:
        s3.split_url(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES * MOST_PARTS, PART_BYTES * MOST_PARTS + 1, 5 * 2**40])
def test_parts_are_large_enough_for_any_file(size):
    assert part_size(size) >= PART_BYTES
    assert part_size(size) % (1 << 20) == 0
    assert -(-size // part_size(size)) <= MOST_PARTS


@pytest.mark.parametrize("variable", ["AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY", "OWN_SECRET"])
@pytest.mark.parametrize("value", ["hidden\n", " hidden", "hid\u200bden"])
def test_a_key_that_cannot_be_sent_is_named_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("OWN_ACCESS", "access")
    monkeypatch.setenv("OWN_SECRET", "secret")
    monkeypatch.setenv(variable, value)
    options = S3Options(access_key_env="OWN_ACCESS", secret_key_env="OWN_SECRET")
    for use in (lambda: s3.client(options), lambda: s3.filesystem(options), lambda: KeyGate("s3://bucket", options)):
        with pytest.raises(UsageError, match=f"{variable} holds characters") as caught:
            use()
        assert "hid" not in str(caught.value)

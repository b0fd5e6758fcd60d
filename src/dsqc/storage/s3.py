"""How ``s3://`` is reached: clients, URLs, and what the errors of a store mean. Only this module knows the settings."""

import contextlib
import errno
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsqc.errors import DsqcError, StorageFault, SystemFault, TransientFault, UsageError
from dsqc.station import S3Options

SCHEME = "s3://"
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
"""A connection that says nothing for so long has stalled: it is given up and tried again."""
ATTEMPTS = 3
"""Attempts of one request inside the client; whole files are tried again above."""
CONNECTIONS = 32

_CREDENTIALS_HINT = (
    "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) in the environment, "
    "or the variables that [s3] of station.toml names."
)
_REFUSED = {
    "AccessDenied": ("access is denied", _CREDENTIALS_HINT),
    "403": ("access is denied", _CREDENTIALS_HINT),
    "Forbidden": ("access is denied", _CREDENTIALS_HINT),
    "AllAccessDisabled": ("access is denied", _CREDENTIALS_HINT),
    "InvalidAccessKeyId": ("the access key is not known there", _CREDENTIALS_HINT),
    "SignatureDoesNotMatch": ("the secret key is wrong", _CREDENTIALS_HINT),
    "InvalidToken": ("the session token is wrong", _CREDENTIALS_HINT),
    "ExpiredToken": ("the credentials have expired", "Get new ones and run the same command again."),
    "TokenRefreshRequired": ("the credentials have expired", "Get new ones and run the same command again."),
    "RequestTimeTooSkewed": ("the clocks differ too much", "Set this machine's clock and run the same command again."),
    "QuotaExceeded": ("the quota is used up", "Free some space there and run the same command again."),
    "EntityTooLarge": ("the object is too large for it", "Ask the operator of the store for a higher limit."),
    "BadDigest": ("the bytes were damaged on the way", "Run the same command again."),
}
PASSING = {
    "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "RequestTimeoutException", "Throttling",
    "ThrottlingException", "RequestLimitExceeded", "OperationAborted", "500", "502", "503", "504",
}  # fmt: skip
"""Codes that say: try again."""
ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
"""Codes that say: no object has this key."""
_RETRY_HINT = "Run the same command again; what is finished is not done twice."


def split_url(url: str) -> tuple[str, str]:
    """Bucket and key prefix of ``s3://bucket/prefix``, the prefix without slashes at its ends.

    Raises:
        UsageError: no bucket, or something that does not belong into such a URL (a password, a query).
    """
    bucket, _, prefix = url.removeprefix(SCHEME).partition("/")
    if not url.startswith(SCHEME) or not bucket or any(mark in bucket for mark in "@:?#"):
        raise UsageError(
            "The S3 URL is wrong.",
            hint="Write s3://bucket/prefix; endpoint and region stand in station.toml ([s3]) or AWS_ENDPOINT_URL, "
            "keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        )
    return bucket, prefix.strip("/")


def filesystem(options: S3Options) -> Any:
    """The fsspec file system for ``s3://``, without listing cache: an existence decision never rests on an old listing.

    Raises:
        UsageError: the ``station`` extra is not installed.
    """
    try:
        from s3fs import S3FileSystem
    except ImportError as error:
        raise _not_installed("s3fs") from error
    names = {"access_key_id": "key", "secret_access_key": "secret", "session_token": "token"}
    return S3FileSystem(
        **{names[name]: value for name, value in _keys(options).items()},
        endpoint_url=options.endpoint_url or None,
        client_kwargs={"region_name": options.region},
        config_kwargs=_config(options),
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def make_session(options: S3Options) -> Any:
    """A botocore session with the keys that ``options`` name; without such, with those that botocore finds.

    Raises:
        UsageError: the ``station`` extra is not installed; a variable that ``options`` name is not set.
    """
    try:
        import botocore.session
    except ImportError as error:
        raise _not_installed("botocore") from error
    made = botocore.session.get_session()
    made.register_component("data_loader", _loader())
    keys = _keys(options)
    if keys:
        made.set_credentials(keys["access_key_id"], keys["secret_access_key"], keys.get("session_token"))
    return made


def client(
    options: S3Options,
    *,
    read_timeout_s: float = READ_TIMEOUT_S,
    attempts: int = ATTEMPTS,
    session: Any = None,
) -> Any:
    """A botocore client for bulk reading and writing; it may be used by several threads.

    Args:
        session: of :func:`make_session`, to make it in, where others use that too.
        read_timeout_s: a connection that says nothing for so long is given up.
        attempts: attempts of one request inside the client.

    Raises:
        UsageError: the ``station`` extra is not installed.
    """
    session = session or make_session(options)
    from botocore.config import Config

    with translated("the S3 store"):
        return session.create_client(
            "s3",
            endpoint_url=options.endpoint_url or None,
            region_name=options.region,
            config=Config(**_config(options, read_timeout_s, attempts)),
        )


def _keys(options: S3Options) -> dict[str, str]:
    """The keys in the variables that ``options`` name; none where the library finds them by itself.

    Raises:
        UsageError: a variable is not set, or holds what no key is.
    """
    refuse_broken_keys(options)
    named = {
        "access_key_id": options.access_key_env,
        "secret_access_key": options.secret_key_env,
        "session_token": options.session_token_env,
    }
    missing = [name for name in named.values() if name and not os.environ.get(name)]
    if missing:
        raise UsageError(
            f"The environment variable {missing[0]} is not set.",
            hint="[s3] of station.toml names it as the holder of a key.",
        )
    return {name: os.environ[variable] for name, variable in named.items() if variable}


def refuse_broken_keys(options: S3Options) -> None:
    """See that keys can be sent: one that ends with a line break would be quoted by the libraries, in full.

    Raises:
        UsageError: a variable holds what no key is; its name is told, not its value.
    """
    own = (options.access_key_env, options.secret_key_env, options.session_token_env)
    for name in (*own, *_KEY_VARIABLES):
        value = os.environ.get(name, "") if name else ""
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise UsageError(
                f"The environment variable {name} holds characters that no key has.",
                hint="Look for a line break or a blank at its end.",
            )


_KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


@functools.cache
def _loader() -> Any:
    """What reads botocore's descriptions of S3: half a second of work, done once a process.

    botocore would open the folders of all 400 services to see which of them have a description of each kind; here the
    names of the folders will do, and a description that is not there is missed when it is read.
    """
    from botocore.loaders import Loader

    class ByFolder(Loader):  # type: ignore[misc]  # botocore has no types
        def list_available_services(self, type_name: str) -> list[str]:
            folders = [Path(path) for path in self.search_paths]
            return sorted({item.name for folder in folders if folder.is_dir() for item in folder.iterdir()})

    return ByFolder()


def _config(options: S3Options, read_timeout_s: float = READ_TIMEOUT_S, attempts: int = ATTEMPTS) -> dict[str, Any]:
    own_endpoint = options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": read_timeout_s,
        "retries": {"mode": "standard", "total_max_attempts": attempts},
        "max_pool_connections": CONNECTIONS,
        # Stores other than AWS answer the SDK's default checksums wrongly or not at all; dsqc sends Content-MD5 and
        # hashes what arrives.
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        # What requests are signed with anyway; presigned URLs would be of version 2, which new regions do not know.
        "signature_version": "s3v4",
        # Content-MD5 is signed and guards the bytes: no second digest of them for the signature.
        "s3": {"addressing_style": "path" if own_endpoint else "auto", "payload_signing_enabled": False},
    }


def _not_installed(package: str) -> UsageError:
    return UsageError(f"s3:// needs the package {package}.", hint="Install it with: pip install 'dsqc[station]'")


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the errors of botocore, s3fs and the network into dsqc's, once; the cause is kept.

    Args:
        what: what the message speaks of, without secrets: ``s3://bucket/key``.
    """
    try:
        yield
    except network_errors() as error:
        raise fault(error, what) from error


def network_errors() -> tuple[type[BaseException], ...]:
    """The classes of errors that talking to a store may raise."""
    from botocore.exceptions import BotoCoreError, ClientError

    classes: tuple[type[BaseException], ...] = (BotoCoreError, ClientError, OSError)
    aiohttp = sys.modules.get("aiohttp")  # nobody raises its errors who has not loaded it, which takes a while
    return classes if aiohttp is None else (*classes, aiohttp.ClientError)


def error_code(error: BaseException) -> str:
    """The store's code of ``error`` or of what caused it (``NoSuchKey``); empty where the store did not speak."""
    seen: BaseException | None = error
    while seen is not None:
        response = getattr(seen, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        seen = seen.__cause__
    return ""


def is_absent(error: BaseException) -> bool:
    """Whether ``error`` says that the object does not exist (a missing bucket is another matter)."""
    code = error_code(error)
    return code in ABSENT or (not code and isinstance(error, FileNotFoundError))


def fault(error: BaseException, what: str) -> DsqcError:
    """What ``error`` means to the user. The message is ours alone: what a library wrote may quote a secret."""
    from botocore import exceptions

    if isinstance(error, DsqcError):
        return error
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return UsageError(f"{what}: no credentials were found.", hint=_CREDENTIALS_HINT)
    if isinstance(error, exceptions.ParamValidationError | ValueError):
        return UsageError(f"{what}: the name or the endpoint is not valid for S3.", hint="Check the URL and [s3].")
    code = error_code(error)
    return fault_of_code(code, what) if code else _without_code(error, what)


def fault_of_code(code: str, what: str) -> DsqcError:
    """What the store's ``code`` (or the status of an answer without one) means to the user."""
    if code == "NoSuchBucket":
        return UsageError(f"{what}: the bucket does not exist.", hint="Make it, or correct the URL.")
    if code in _REFUSED:
        reason, hint = _REFUSED[code]
        return StorageFault(f"{what}: the store refused ({code}): {reason}.", hint=hint)
    if code in PASSING:
        return TransientFault(f"{what}: the store is busy or out of order ({code}).", hint=_RETRY_HINT)
    return StorageFault(f"{what}: the store refused ({code}).", hint="Ask the operator of the store.")


def _without_code(error: BaseException, what: str) -> SystemFault:
    if isinstance(error, PermissionError):
        reason, hint = _REFUSED["AccessDenied"]
        return StorageFault(f"{what}: the store refused: {reason}.", hint=hint)
    if isinstance(error, FileNotFoundError):
        return StorageFault(f"{what}: there is no such object.")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFault(f"{what}: no space is left.", hint="Free some space and run the same command again.")
    name = type(error).__name__
    return TransientFault(f"{what}: the store cannot be reached, or the connection broke ({name}).", hint=_RETRY_HINT)

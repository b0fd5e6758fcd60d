"""A mail server, reached with TLS and a login as the station's configuration says."""

import os
import smtplib
import ssl
from dataclasses import dataclass
from pathlib import Path

from dsqc.errors import SystemFault, TransientFault, UsageError

TIMEOUT_S = 30
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are given to.

    Attributes:
        address: ``HOST`` or ``HOST:PORT``.
        security: ``starttls``, ``tls`` or ``none``.
        user: of the login; empty for none.
        password_env: name of the environment variable that holds the password.
        password_file: file that holds it in its first line, where no variable is named.
        section: section of ``station.toml`` that says so, for messages.
        hint: what to do where the server cannot be used.
        timeout_s: seconds that it may take to answer.
    """

    address: str
    security: str
    user: str = ""
    password_env: str = ""
    password_file: Path | None = None
    section: str = "notices"
    hint: str = ""
    timeout_s: float = TIMEOUT_S


def connect(server: MailServer) -> smtplib.SMTP:
    """A connection that is secured and logged in.

    Raises:
        UsageError: the password's variable is not set, or its file cannot be read.
        SystemFault: the server refuses the login.
        TransientFault: the server cannot be reached.
    """
    host, _, port = server.address.partition(":")
    number = int(port) if port else _PORTS[server.security]
    password = _password(server) if server.user else ""
    try:
        return _secured(server, host, number, password)
    except smtplib.SMTPAuthenticationError:
        raise SystemFault(
            f"The mail server {host} refuses the login of {server.user}.", hint="Correct user or password."
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TransientFault(f"The mail server {host}:{number} cannot be used: {reason}.", hint=server.hint) from None


def _secured(server: MailServer, host: str, port: int, password: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=server.timeout_s, context=context)
    else:
        connection = smtplib.SMTP(host, port, timeout=server.timeout_s)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if password:
            connection.login(server.user, password)
    except BaseException:
        connection.close()
        raise
    return connection


def _password(server: MailServer) -> str:
    if server.password_env:
        return secret_of(server.password_env, None, f"[{server.section}] smtp_password_env")
    return secret_of("", server.password_file, f"[{server.section}] smtp_password_file")


def secret_of(variable: str, file: Path | None, named: str) -> str:
    """A secret out of an environment variable or the first line of a file.

    Args:
        variable: name of the variable; empty for none.
        file: the file, where no variable is named.
        named: what in ``station.toml`` names it.

    Raises:
        UsageError: the variable is not set, or the file cannot be read or is empty.
    """
    if variable:
        value = os.environ.get(variable, "")
        if not value:
            raise UsageError(
                f"The environment variable {variable} is not set.", hint=f"station.toml names it in {named}."
            )
        return value
    try:
        value = file.read_text(encoding="utf-8").partition("\n")[0].strip() if file else ""
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{file} cannot be read.", hint=f"station.toml names it in {named}.") from None
    if not value:
        raise UsageError(f"{file} is empty.", hint=f"station.toml names it in {named}.")
    return value

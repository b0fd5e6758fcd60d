"""People of the web pages: accounts with a role, log-in, sessions, and the audit of what was done.

Imported by ``dsqc.web`` and ``dsqc station``. Passwords need the package argon2-cffi (extra ``web``), which is loaded
when the first one is hashed.
"""

from dsqc.catalog.accounts.audit import append_audit, audit_events, verify_audit
from dsqc.catalog.accounts.log_in import LogInRefused, TooManyFailures, confirm_password, log_in
from dsqc.catalog.accounts.passwords import PASSWORD_CHARACTERS
from dsqc.catalog.accounts.people import (
    Account,
    Role,
    add_account,
    find_account,
    hashed_password,
    list_accounts,
    set_active,
    set_password,
)
from dsqc.catalog.accounts.sessions import (
    Lifetime,
    Visitor,
    end_session,
    end_sessions,
    find_session,
    open_session,
    sessions_of,
    token_digest,
    touch_session,
)

__all__ = [
    "PASSWORD_CHARACTERS",
    "Account",
    "Lifetime",
    "LogInRefused",
    "Role",
    "TooManyFailures",
    "Visitor",
    "add_account",
    "append_audit",
    "audit_events",
    "confirm_password",
    "end_session",
    "end_sessions",
    "find_account",
    "find_session",
    "hashed_password",
    "list_accounts",
    "log_in",
    "open_session",
    "sessions_of",
    "set_active",
    "set_password",
    "token_digest",
    "touch_session",
    "verify_audit",
]

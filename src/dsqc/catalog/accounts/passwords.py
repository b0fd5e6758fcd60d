"""Passwords: Argon2id (RFC 9106, its second recommended setting: 64 MiB, 3 passes, 4 lanes), by argon2-cffi."""

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from dsqc.errors import UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

PASSWORD_CHARACTERS = 15
"""Characters that a password has at least where nothing else guards an account (NIST SP 800-63B-4, 3.1.1.2)."""
LONGEST_PASSWORD = 256
AT_ONCE = 2
"""Passwords hashed at the same time: each takes 64 MiB and four threads."""

_turn = threading.BoundedSemaphore(AT_ONCE)


def check_password(password: str, name: str) -> str:
    """The password as it is hashed: in the normal form that every keyboard gives.

    Raises:
        UsageError: it is too short, too long, one character over and over, or the account's name.
    """
    text = _normal(password)
    if len(text) < PASSWORD_CHARACTERS or len(text) > LONGEST_PASSWORD:
        raise UsageError(f"A password has {PASSWORD_CHARACTERS} to {LONGEST_PASSWORD} characters.")
    if len(set(text.casefold())) < 5 or name.casefold() in text.casefold():
        raise UsageError("That password is too easy to guess.", hint="Leave the name out and use several words.")
    return text


def hash_password(password: str) -> str:
    """Hash a password that :func:`check_password` has passed, with a salt of its own."""
    with _turn:
        return _hasher().hash(_normal(password))


def is_password(password: str, hashed: str) -> bool:
    """Whether ``password`` is the one that was hashed. Takes as long for an account that does not exist (``hashed`` is
    empty then)."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _turn:
        try:
            return _hasher().verify(hashed or _nobody(), _normal(password[:LONGEST_PASSWORD])) and bool(hashed)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher, profiles

    return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


@cache
def _nobody() -> str:
    """A hash to compare with where there is no account."""
    return _hasher().hash("the password of nobody")

"""Passwords become Argon2 hashes, and are compared with them in the same time whoever asks."""

from functools import cache
from threading import BoundedSemaphore
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.errors import BadInputError

FEWEST_CHARACTERS: Final = 10
MOST_CHARACTERS: Final = 200
# A hash takes 64 MB and 0.05 to 0.2 s of a core: two at a time leave the rest of the service alone.
_TURNS: Final = BoundedSemaphore(2)


class WeakPasswordError(BadInputError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"This password {reason}; choose one of {FEWEST_CHARACTERS} characters or more.")


def check_password(password: str, email: str) -> None:
    """Refuse what would be guessed first.

    Raises:
        WeakPasswordError: It is too short, too long, one letter repeated, or the address.
    """
    if len(password) < FEWEST_CHARACTERS:
        raise WeakPasswordError("is too short")
    if len(password) > MOST_CHARACTERS:
        raise WeakPasswordError(f"is longer than {MOST_CHARACTERS} characters")
    if len(set(password)) < 4:
        raise WeakPasswordError("repeats the same few characters")
    if password.casefold() in (email, email.partition("@")[0]):
        raise WeakPasswordError("is your own address")


def hash_password(password: str) -> str:
    with _TURNS:
        return _hasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether the password fits; without a hash it never does, and takes as long to say so."""
    with _TURNS:
        fits = _hasher().verify(password, password_hash or _nobodys_hash())
    return fits and password_hash is not None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("of an account that does not exist")

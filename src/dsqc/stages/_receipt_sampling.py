"""How many runs of a receipt are measured again, and which.

A receipt that lies about k of its N runs is caught where one of the n runs that are measured again is among them. Drawn
at random without return, that happens with the hypergeometric probability P(n) = 1 - C(N - k, n) / C(N, n) (sampling
for attributes: W. G. Cochran, Sampling Techniques, 3rd ed., 1977, section 3.2; "discovery sampling" of auditors). The
station states the probability p and the least share s of false runs it reckons with: k = max(1, ceil(s N)). Whole runs
seldom give p exactly: n is the largest number with P(n) < p, and one more is drawn with the probability
(p - P(n)) / (P(n + 1) - P(n)), so that a false receipt is caught with p, no more and no less. A receipt of one run is
thus measured again with probability p. Whoever signs m false receipts goes uncaught with (1 - p)^m, and the first that
is caught ends the trust in the key.

Which runs, depends on the receipt and on a secret of the station: nobody else can foresee it, and a run that was killed
chooses the same again.
"""

import contextlib
import hashlib
import hmac
import math
import secrets
from collections.abc import Sequence
from pathlib import Path

from dsqc.artefact import write_key_file
from dsqc.errors import SystemFault, UsageError
from dsqc.stages._fixity_plan import chance_to_find, sample_size

SECRET_BYTES = 32
_FRACTION_BITS = 64


def false_runs(population: int, share: float) -> int:
    """Runs that a false receipt lies about, at least: ``share`` of all, rounded up, and one."""
    return min(population, max(1, math.ceil(share * population - 1e-9)))


def runs_to_measure(population: int, share: float, probability: float, fraction: float) -> int:
    """How many of ``population`` runs are measured again.

    Args:
        population: runs of the receipt.
        share: least share of runs that a false receipt lies about.
        probability: with which it shall be caught.
        fraction: a random number, 0 <= fraction < 1, that decides on the last run.
    """
    lies = false_runs(population, share)
    most = sample_size(population, lies, probability)
    if most == 0:
        return 0
    low, high = (chance_to_find(population, lies, number) for number in (most - 1, most))
    return most if high <= low or fraction < (probability - low) / (high - low) else most - 1


def choose_runs(
    keys: Sequence[str], secret: bytes, receipt_sha256: str, *, share: float, probability: float
) -> list[str]:
    """Keys of the runs to measure again, in the order of ``keys``."""

    def draw(word: str) -> bytes:
        return hmac.digest(secret, f"{receipt_sha256}\0{word}".encode(), hashlib.sha256)

    fraction = (int.from_bytes(draw("size")[:8]) >> (_FRACTION_BITS - 53)) / 2**53
    number = runs_to_measure(len(keys), share, probability, fraction)
    chosen = set(sorted(keys, key=lambda key: draw(f"run\0{key}"))[:number])
    return [key for key in keys if key in chosen]


def station_secret(path: Path) -> bytes:
    """What only the station knows; made (mode 0600) where it is missing. Two that make it at once get the same.

    Raises:
        SystemFault: it cannot be read, or is too short to be one.
        StorageFault: it cannot be written.
    """
    if not path.exists():
        with contextlib.suppress(UsageError):  # Another job was first.
            write_key_file(path, secrets.token_hex(SECRET_BYTES).encode("ascii") + b"\n", 0o600)
    try:
        found = path.read_bytes().strip()
    except OSError as error:
        raise SystemFault(f"{path} cannot be read: {error.strerror}.", hint="Check its permissions.") from error
    if len(found) < SECRET_BYTES:
        raise SystemFault(f"{path} is no secret of a station.", hint="Delete it: the next receipt makes a new one.")
    return found

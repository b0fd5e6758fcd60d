"""How often a fault that may pass is tried again."""

from collections.abc import Iterator

import stamina

from dsqc.errors import TransientFault
from dsqc.transfer.sources import SourceChanged

RETRIES = 2
"""Tries after the first, of whatever has no setting of its own. A transfer has one (``TransferOptions.retries``, 5):
0.5, 1, 2, 4 and 8 seconds apart and up to a second more, which outlives a server that restarts."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


def attempts(retries: int = RETRIES) -> Iterator[stamina.Attempt]:
    """Attempts with growing pauses: ``for attempt in attempts(): with attempt: ...``. Only TransientFault passes, and
    not SourceChanged: the same reading would fail again."""
    return iter(
        stamina.retry_context(
            on=_may_pass, attempts=retries + 1, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
        )
    )


def _may_pass(error: Exception) -> bool:
    return isinstance(error, TransientFault) and not isinstance(error, SourceChanged)

"""Shares with their uncertainty: Wilson's interval, and the Cochran-Armitage test for a trend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution: 95 % intervals."""


def wilson(reached: int, number: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22:209; recommended by Brown, Cai and DasGupta
    2001, Stat. Sci. 16:101, for small numbers and shares near 0 and 1). Everything where nothing was seen.
    """
    if number == 0:
        return 0.0, 1.0
    share, square = reached / number, Z_95**2
    middle = (share + square / (2 * number)) / (1 + square / number)
    half = Z_95 / (1 + square / number) * math.sqrt(share * (1 - share) / number + square / (4 * number**2))
    # The ends are exact where the share is; sums of floats are not.
    return 0.0 if reached == 0 else max(0.0, middle - half), 1.0 if reached == number else min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether a share goes up or down: change a period, and how likely chance alone makes as strong a trend."""

    change: float
    p_value: float


def trend(reached: Sequence[int], numbers: Sequence[int]) -> Trend | None:
    """Cochran-Armitage test for a linear trend (Armitage 1955, Biometrics 11:375), two-sided; periods count 0, 1, 2 …

    Args:
        reached: runs that reached a goal, a number a period.
        numbers: all runs of each period.

    Returns:
        ``None`` where nothing can be said: fewer than three periods with runs, or all alike.
    """
    seen = [(place, yes, number) for place, (yes, number) in enumerate(zip(reached, numbers, strict=True)) if number]
    total, all_yes = sum(number for *_, number in seen), sum(yes for _, yes, _ in seen)
    if len(seen) < 3 or all_yes in (0, total):
        return None
    middle = sum(place * number for place, _, number in seen) / total
    spread = sum(number * (place - middle) ** 2 for place, _, number in seen)
    share = all_yes / total
    slope = sum((place - middle) * (yes - number * share) for place, yes, number in seen) / spread
    z = slope * math.sqrt(spread) / math.sqrt(share * (1 - share))
    return Trend(slope, math.erfc(abs(z) / math.sqrt(2)))

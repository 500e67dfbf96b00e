"""The emulator's clock: how many seconds of AWS have passed since something happened here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Clock:
    """Wall time, scaled. 0 is instant, 1 is as slow as AWS, 0.03 about 30 times as fast.

    States are a pure function of the moment something changed and of this clock: nothing ticks in the background, so
    two looks at the same moment agree and a test can go to any moment without waiting for it.
    """

    def __init__(self, scale: float = 0, now: Callable[[], float] = time.time) -> None:
        if not (math.isfinite(scale) and scale >= 0):
            raise ValueError(f"the clock's scale must be 0 or more, not {scale}")
        self.scale = scale
        self._now = now
        self._ahead = 0.0

    def moment(self) -> float:
        """Now, in wall seconds, as `since` takes it."""
        return self._now() + self._ahead

    def since(self, moment: float) -> float:
        """Seconds of AWS since that moment. On the instant clock all that was to happen has happened."""
        return (self.moment() - moment) / self.scale if self.scale else math.inf

    def advance(self, seconds: float) -> None:
        """Let that many seconds of AWS pass at once."""
        self._ahead += seconds * self.scale

"""What holds a deletion: the chain from a thing down to its owner, and how long that is waited for.

It is asked for only where a deletion has been held for a while, so that a usual teardown makes no call for it. What
this stack's own removal or AWS's clean-up lets go of is waited for. What somebody else holds is not ours to touch, and
waiting it out helps nobody: it is named at once, and given up soon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tapctl.model import Aws, Chain, Found, Kind, Link
from tapctl.observe import action

ASK_AFTER = 5.0  # seconds that a deletion is held before it is asked who holds it
ASK_AGAIN = 15.0  # seconds until it is asked anew: holders come and go
PATIENCE = 2 * 60.0  # seconds for somebody else to let go, who may just be doing it
SHOWN = 3  # chains; of more only the number
MEND = "It is left alone: take it away or off there if it may go, and run `tapctl down` again"


def told(chain: Chain) -> str:
    """ "network interface eni-1 <- function report (not this stack's)"."""
    return " <- ".join(f"{link.what} ({link.whose})" if link.whose else link.what for link in chain)


def awaited(chain: Chain) -> str:
    """The owner first, for a line that a terminal cuts: "function report (not this stack's) to let go of ..."."""
    *between, end = chain
    return f"{told((end,))} to let go of {told(tuple(between)) or 'it'}"


def listed(chains: Sequence[Chain], say: Callable[[Chain], str] = told) -> str:
    """The first of them, those of others before the rest, and how many more there are."""
    first = sorted(chains, key=lambda chain: not foreign(chain))
    more = f", and {len(first) - SHOWN} more" if len(first) > SHOWN else ""
    return "; ".join(map(say, first[:SHOWN])) + more


def foreign(chain: Chain) -> bool:
    """Whether it ends at somebody else's."""
    return bool(chain[-1].whose)


def asked(kind: type[Kind], aws: Aws, it: Found) -> tuple[Chain, ...]:
    """Who holds it. That this can't be seen is no reason for `down` to fail: it is said in the chain's place."""
    chains: list[Chain] = []
    try:
        for chain in kind.holders(aws, it):
            chains.append(chain)
    except ClientError as error:
        chains.append((Link(f"something that can't be looked at ({action(error)})"),))
    return tuple(chains)


@dataclass
class Watch:
    """Over one thing that is to go, while it is held. Times are seconds waited.

    chains: who holds it, by the last answer; theirs: since when somebody else does.
    """

    chains: tuple[Chain, ...] = ()
    answered: float | None = None
    theirs: float | None = None

    def look(self, ask: Callable[[], Iterable[Chain]], waited: float) -> None:
        """Ask who holds it, unless it is too early for that."""
        if waited < ASK_AFTER or (self.answered is not None and waited - self.answered < ASK_AGAIN):
            return
        self.chains, self.answered = tuple(ask()), waited
        if not any(map(foreign, self.chains)):
            self.theirs = None
        elif self.theirs is None:
            self.theirs = waited

    def text(self, otherwise: str) -> str:
        """What is waited for; otherwise: in the words of the one who was refused."""
        return listed(self.chains, awaited) or otherwise

    def given_up(self, kind: str, name: str, waited: float) -> str | None:
        """Why waiting helps no more, with each chain that ends at somebody else's; None: go on."""
        if self.theirs is None or waited - self.theirs < PATIENCE:
            return None
        held = Link(f"{kind.replace('_', ' ')} {name}")
        return f"{listed([(held, *chain) for chain in self.chains if foreign(chain)])}. {MEND}"

"""When each step of a run will be done, and which of them the whole run waits for. Pure: a graph and seconds in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter
from typing import TypeVar

N = TypeVar("N")


def ends(needs: Mapping[N, Collection[N]], takes: Mapping[N, float]) -> dict[N, float]:
    """Seconds from now until each node of `takes` is done, if each begins as soon as all that it needs is.

    needs: what each comes after; what is not in `takes` is done already. takes: seconds that each still takes.
    Raises graphlib.CycleError.
    """
    graph = {node: [need for need in needs.get(node, ()) if need in takes] for node in takes}
    done: dict[N, float] = {}
    for node in TopologicalSorter(graph).static_order():
        done[node] = max((done[need] for need in graph[node]), default=0.0) + takes[node]
    return done


def longest(needs: Mapping[N, Collection[N]], done: Mapping[N, float]) -> list[N]:
    """The chain of nodes that ends last, each begun when the one before it was done. done: when each is, or was."""
    chain: list[N] = []
    last = max(done, key=done.__getitem__, default=None)
    while last is not None:
        chain.append(last)
        last = max((need for need in needs.get(last, ()) if need in done), key=done.__getitem__, default=None)
    return chain[::-1]

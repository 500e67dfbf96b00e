"""The tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from bench.contestants import AGAIN, ALONE, COLD, DOWN, PLAN, STEPS
from bench.rounds import Figure, Results

WAITING = ("Much of Terraform's cold and down time is fixed waiting in its provider, and the emulator is instant: wall "
           "time carries over to AWS least, CPU and calls do.")
MEMORY = "Peak memory is that of the whole process tree, by its resident sets, sampled; CPU is without the emulator's."


def show(results: Results, console: Console) -> None:
    names = list(dict.fromkeys(name for name, _, _ in results.figures))
    for delay_ms in sorted({delay for _, _, delay in results.figures}):
        console.print(costs(results, names, delay_ms))
    console.print(operations(results, names))
    for line in same(results):
        console.print(line)
    own = results.figure("tapctl", AGAIN)
    if results.bound and own:
        console.print(reads(results, own))
    console.print(f"{WAITING}\n{MEMORY}\n")
    console.print(targets(results))


def costs(results: Results, names: Sequence[str], delay_ms: int) -> Table:
    """What each command takes, and tapctl's as a part of it."""
    added = f"{delay_ms} ms" if delay_ms else "nothing"
    table = Table(title=f"on the instant clock, {added} added to each call (medians)", title_justify="left")
    for heading in ("", "", "wall s", "CPU s", "peak MiB", "calls (changing)", "tapctl's part: wall", "CPU", "memory",
                    "calls"):
        table.add_column(heading, justify="right" if heading else "left")
    for step in (*STEPS, *ALONE):
        own = results.figure("tapctl", step, delay_ms)
        figures = [figure for name in names if (figure := results.figure(name, step, delay_ms))]
        for figure in figures:
            calls = f"{figure.count} ({figure.mutating})" if figure.count else ""
            table.add_row(step if figure is figures[0] else "", figure.contestant, f"{figure.median('wall'):.2f}",
                          f"{figure.median('cpu'):.2f}", f"{figure.median('peak'):.0f}", calls, *parts(own, figure),
                          end_section=figure is figures[-1])
    return table


def parts(own: Figure | None, other: Figure) -> list[str]:
    if own is None or own is other:
        return []
    sizes = [(own.median(what), other.median(what)) for what in ("wall", "cpu", "peak")] + [(own.count, other.count)]
    return [f"{mine / theirs:.2f}" if theirs else "" for mine, theirs in sizes]


def operations(results: Results, names: Sequence[str]) -> Table:
    """Calls by operation, without a delay."""
    figures = [figure for name in names for step in STEPS if (figure := results.figure(name, step))]
    table = Table("operation", title="calls by operation", title_justify="left")
    for figure in figures:
        table.add_column(f"{figure.contestant}\n{figure.step.replace(', ', ',' + chr(10))}", justify="right")
    for operation in sorted({operation for figure in figures for operation in figure.calls}):
        table.add_row(operation, *(str(figure.calls.get(operation, "")) for figure in figures))
    table.add_section()
    table.add_row("all", *(str(figure.count) for figure in figures))
    return table


def same(results: Results) -> Iterator[str]:
    for peer, said in results.same.items():
        yield f"`tapctl plan` on what {peer} built: " + (f"NOT THE SAME STACK\n{said}" if said else "nothing to change")


def reads(results: Results, own: Figure) -> str:
    b = results.bound
    return (f"A run with nothing to change needs {b['bound']} calls: {b['identity']} for the account, {b['facts']} "
            f"for facts, {b['listings']} for listings, and one for each of the {b['aspects']} aspects that no listing "
            f"gives (they take {b['reads']}). It made {own.count}.")


def targets(results: Results) -> Table:
    """The figures to reach."""
    table = Table("figure to reach", "bound", "measured", "", title="figures", title_justify="left")
    for words, bound, measured in goals(results):
        met = "met" if measured <= bound else "NOT MET"
        table.add_row(words, f"{bound:.3g}", f"{measured:.3g}", met)
    return table


def goals(results: Results) -> Iterator[tuple[str, float, float]]:
    """(words, at the most, measured) of those whose two sides were measured."""
    for words, peer, step, delay_ms, what, bound in (
        ("up cold: wall, of Terraform's", "terraform", COLD, 0, "wall", 1 / 10),
        ("up cold, 30 ms a call: wall, of the script's", "script", COLD, 30, "wall", 0.6),
        ("up, nothing to change: wall, of Terraform's apply", "terraform", AGAIN, 0, "wall", 1 / 6),
        ("up, nothing to change: CPU, of Terraform's apply", "terraform", AGAIN, 0, "cpu", 1 / 6),
        ("plan: wall, of Terraform's", "terraform", PLAN, 0, "wall", 1 / 6),
        ("plan: CPU, of Terraform's", "terraform", PLAN, 0, "cpu", 1 / 6),
        ("down, 30 ms a call: wall, of the script's", "script", DOWN, 30, "wall", 1.0),
        ("up cold: peak memory, of Terraform's", "terraform", COLD, 0, "peak", 1 / 10),
        ("up, nothing to change: peak memory, of Terraform's", "terraform", AGAIN, 0, "peak", 1 / 10),
        ("down: peak memory, of Terraform's", "terraform", DOWN, 0, "peak", 1 / 10),
    ):
        own, other = results.figure("tapctl", step, delay_ms), results.figure(peer, step, delay_ms)
        if own and other and other.median(what):
            yield words, bound, own.median(what) / other.median(what)
    own, other = results.figure("tapctl", AGAIN), results.figure("terraform", AGAIN)
    if own:
        yield "up, nothing to change: calls that change something", 0, own.mutating
    if own and other:
        yield "up, nothing to change: calls, of Terraform's (about half)", 0.55, own.count / other.count
    for step, bound in (("--help", 0.2), ("--version", 0.12), ("completion", 0.12)):
        figure = results.figure("tapctl", step)
        if figure:
            yield f"{step}: s of CPU", bound, figure.median("cpu")

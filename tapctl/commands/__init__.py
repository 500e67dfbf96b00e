"""The commands, a module each: what can be said to them, and what they hand to the code that does it.

Annotations are no strings in here (no `from __future__ import annotations`): typer would evaluate each of them twice,
at every start. Everything heavy is imported when a command needs it.
"""

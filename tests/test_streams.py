"""What an output that can't be written any further does to the end of a process."""

from __future__ import annotations

import os

from tapctl.streams import settle


def test_what_can_not_be_written_is_no_error_at_the_end() -> None:
    with open("/dev/full", "w") as stream:
        stream.write("a line that stays in the buffer")
        settle(stream)
        assert os.fstat(stream.fileno()).st_rdev == os.stat(os.devnull).st_rdev


def test_all_of_it_is_written() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading) as reader:
        stream.write("line\n")
        settle(stream)
        settle(None)
        assert reader.readline() == "line\n"

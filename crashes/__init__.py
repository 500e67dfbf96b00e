"""`up` and `down` are killed at every call that changes something, before and after it took effect, on the emulator.

After each death two things are tried, each from an account of its own: that `up` goes on to exactly one stack, which
another `up` leaves as it is and `down` removes wholly; and that `down` leaves nothing.

Calls that only read are no points of their own: AWS is after them as it was before them, which is as it was after the
change that came last.
"""

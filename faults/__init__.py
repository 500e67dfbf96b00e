"""`up` and `down` are disturbed in every way that AWS and the network have, on the emulator.

After each fault exactly one stack stands, which another `up` leaves as it is and `down` removes wholly; what the fault
made fail is said, and done by the next run.
"""

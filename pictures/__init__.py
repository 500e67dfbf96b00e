"""Pictures for the documentation: what a terminal shows in real runs against the emulator, on AWS's clock, scaled.

`python -m pictures` makes them anew, in about five minutes.
"""

"""What `python -m crashes` and `python -m faults` have in common: many trials of whole stacks on the emulator, each in
an account of its own, on all cores, to be stopped and gone on with, and a table at their end."""

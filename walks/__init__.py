"""Walks at random: up, down, deaths at any change, drift, deletion by hand, other settings and regions, two stacks.

Each walk is in an account of its own, on the emulator. From the same seed the same walks are made.
"""

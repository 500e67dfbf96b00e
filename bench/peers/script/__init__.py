"""The stack as the plain boto3 script that a careful engineer writes in an afternoon: `python -m bench.peers.script`.

Sequential. It looks by name before it creates, sets the settings of what it can set again, and keeps no state.
"""

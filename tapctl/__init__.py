"""One production-grade, multi-region web stack on AWS, without a state file."""

__version__ = "0.1.0"

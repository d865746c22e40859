"""Recall and precision of redaction on a labelled corpus, and its speed: `python -m benchmarks.redaction`."""

"""Attacks that take longer than a test may: `python -m campaign`, or `make campaign`.

Each campaign takes a Plan and gives a Report; `__main__` has the table of them. What a campaign finds is written to
`tests/siege/found/TARGET/`, where `tests/siege/test_found.py` runs it again in every `make check`.
"""

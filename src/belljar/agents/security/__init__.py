"""The security scan: what is wrong with a tree of source files, told without a secret in it.

`_scan` is the agent, in steps: `_walk` says which files there are, `_bandit` looks at Python, `js/` at JavaScript and
TypeScript, `_secrets` at every text, `_locks` and `_osv` at dependencies. Each speaks in findings (`_finding`) and says
what it could not do as problems (`_problem`). What parses a repository's text does so in a child process (`_child`,
`_worker`) or as a plugin in the jar (`plugin/`). `_stamp` gives findings their fingerprints, `_suppress` and
`_baseline` say which ones count; `_report`, `_markdown` and `_sarif` are what people and programs read.
"""

from belljar.agents.security._finding import SEVERITIES, Confidence, ScanFinding, Severity
from belljar.agents.security._markdown import to_markdown
from belljar.agents.security._options import ScanOptions
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._report import ScanReport, to_json
from belljar.agents.security._sarif import to_sarif
from belljar.agents.security._scan import scan
from belljar.agents.security._walk import Skipped

__all__ = [
    "SEVERITIES",
    "Confidence",
    "ScanFinding",
    "ScanOptions",
    "ScanProblem",
    "ScanReport",
    "Severity",
    "Skipped",
    "scan",
    "to_json",
    "to_markdown",
    "to_sarif",
]

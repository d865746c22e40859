"""The command line: `belljar` and `python -m belljar`.

`_app` declares the commands. `_run`, `_check`, `_replay`, `_tools`, `_mcp`, `_decide`, `_doctor` with its `_probes`,
`_bench` and `_demo` are the commands, each a function that returns an exit code; they parse nothing and never exit.
`_inputs` and `_loading` read what a user names, `_screen`, `_items`, `_progress` and `_approve` are what a user sees,
`_exits` maps errors to exit codes. Only `main` turns an error into a message.
"""

from belljar.cli._main import main

__all__ = ["main"]

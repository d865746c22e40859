"""The command line: `belljar` and `python -m belljar`.

`_app` and the `_app_*` declare the commands, with the arguments and options of `_options`. `_run`, `_check`,
`_replay`, `_tools`, `_mcp`, `_decide`, `_snapshot`, `_doctor` with its `_probes`, `_bench` and `_demo` are commands,
and so are those of a store: `_runs`, `_resume`, `_approvals`, `_audit`, `_worker`, `_serve`. Each is a function that
returns an exit code; they parse nothing and never exit. `_inputs`, `_loading` and `_store` read what a user names,
`_screen`, `_items`, `_outcomes`, `_question`, `_progress` and `_approve` are what a user sees, `_exits` maps errors to
exit codes. Only `main` turns an error into a message.
"""

from belljar.cli._main import main

__all__ = ["main"]

"""The code-generation agent: a specification in, a patch out, behind an approval.

`_build` is what it does, step by step. `_spec` reads the specification, `_given` is what a job is begun with and what
comes of it, `_budget` what it may spend. The model's scripts run in `_scripts`, the acceptance command in `_accept`,
both in the workspace of `_scratch` (with `_copy` and `_git`). `_prompt` is what the model is told, `_secrets` what it
is not. `_check` looks the patch through, `_handover` has it wait for a person, `_deliver` hands it out, `_apply`
applies it. `_runs` knows the job's runs in the store.
"""

from belljar.agents.coding._build import build
from belljar.agents.coding._given import BuildInput, BuildReport, build_input
from belljar.agents.coding._spec import Budget, Specification, Terms, load_specification

__all__ = [
    "Budget",
    "BuildInput",
    "BuildReport",
    "Specification",
    "Terms",
    "build",
    "build_input",
    "load_specification",
]

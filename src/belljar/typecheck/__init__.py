"""Scripts against the declarations of the live tools, before they run: TypeScript's own native compiler, kept warm.

A help to the model, never a wall: where there is no compiler, or it is slow or dies, nothing is said. Only what is
wrong under every reading of a script is found (`_verdict`): a model writes loose code, and what would run fine runs.

`_compiler` finds the program; `_server` is its process, which reads what a model wrote and is held on a short leash;
`_project` makes the texts that it is given; `_verdict` is what its words are worth; `_checker` is the coordinator.
"""

from belljar.typecheck._checker import TypeChecker, default_checker
from belljar.typecheck._compiler import Compiler, compiler_line, find_compiler

__all__ = ["Compiler", "TypeChecker", "compiler_line", "default_checker", "find_compiler"]

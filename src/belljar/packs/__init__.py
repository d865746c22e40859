"""Tools that come with belljar: plain tools like anybody's, made for one workspace or one policy.

`files(root)` gives the tools of a folder: readFile, listDir, grepFiles, fileSearch and, unless `write=False`,
applyPatch.
"""

from belljar.packs._files import files
from belljar.packs._limits import FileLimits
from belljar.packs._workspace import Workspace

__all__ = ["FileLimits", "Workspace", "files"]

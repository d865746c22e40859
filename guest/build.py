"""Builds the guest: QuickJS-ng's sources and the jar's own file become one WebAssembly module without imports.

    python guest/build.py [OUT_FOLDER] [--relock]

The sources come from the package index as the sdist that guest.lock names, the compiler is the `ziglang` wheel, and
the module's SHA-256 must be the locked one: the build is reproducible. A finished build is kept in the user's cache
folder under a key made of everything that goes into it, so that a second build copies a file. `--relock` writes
what was built into guest.lock instead of comparing; use it after a change in this folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "guest.lock"
sys.path.insert(0, str(HERE))

from patches import PATCHES  # noqa: E402  (this folder is no package: pip runs the build hook from outside it)

SOURCES = ("jar.c", "libregexp.c", "libunicode.c", "dtoa.c")
STACK_BYTES = 11 * 65_536
"""Linear stack: the largest stack limit, 512 kB, and room for natives that run when it is reached."""
FLAGS = (
    "-target", "wasm32-wasi", "-mexec-model=reactor",
    "-O2", "-g0", "-DNDEBUG", "-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD",
    "-include", "jar.h", "-fno-strict-aliasing", "-fwrapv", "-w",
    "-Wl,--no-entry", f"-Wl,-z,stack-size={STACK_BYTES}", "-Wl,--strip-all", "-Wl,--gc-sections", "-lm",
)  # fmt: skip
SHARED = ("00_open.js", "10_primordials.js", "20_errors.js", "30_values.js")
"""Files of prelude/ that the sealed prelude has, too."""
DRIVER = HERE / "sealed" / "98_protocol.js"
GAS = HERE.parent / "src" / "belljar" / "script" / "seal" / "gas.json"
NOTICE = "QuickJS-ng (MIT), compiled into guest.wasm:\n\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the guest module.")
    parser.add_argument("out", nargs="?", type=Path, default=HERE.parent / "src" / "belljar" / "_guest")
    parser.add_argument("--relock", action="store_true", help="write guest.lock from this build")
    arguments = parser.parse_args()
    build(arguments.out, relock=arguments.relock)
    return 0


def build(out: Path, *, relock: bool = False) -> None:
    """Put the module, the scripts, their facts and NOTICE into `out`. Raises SystemExit naming what does not match."""
    locked = lock()
    out.mkdir(parents=True, exist_ok=True)
    cached = cache_folder() / cache_key(locked)
    if relock or not (cached / "guest.wasm").exists():
        compile_into(cached, locked)
    wasm = (cached / "guest.wasm").read_bytes()
    digest = hashlib.sha256(wasm).hexdigest()
    if relock:
        locked["wasm_sha256"] = digest
        LOCK.write_text(json.dumps(locked, indent=2) + "\n")
    elif digest != locked["wasm_sha256"]:
        shutil.rmtree(cached)
        raise SystemExit(
            f"guest.wasm is {digest}, guest.lock says {locked['wasm_sha256']}; see CONTRIBUTING.md, 'The guest'"
        )
    preludes = {"standard": prelude_source(), "sealed": sealed_source()}
    (out / "guest.wasm").write_bytes(wasm)
    for profile, text in preludes.items():
        (out / f"{profile}.js").write_bytes(text)
    shutil.copy(HERE / "v8" / "host.js", out / "v8_host.js")
    (out / "NOTICE").write_bytes((cached / "NOTICE").read_bytes())
    facts = {"wasm_sha256": digest}
    facts |= {f"{profile}_sha256": hashlib.sha256(text).hexdigest() for profile, text in preludes.items()}
    facts |= {"engine": f"QuickJS-ng {locked['engine_version']}", "compiler": f"ziglang {locked['ziglang']}"}
    (out / "guest.json").write_text(json.dumps(facts, indent=2) + "\n")


def lock() -> dict[str, str]:
    """What guest.lock pins: the engine's sources, the compiler, and the module they make."""
    return dict(json.loads(LOCK.read_text()))


def prelude_source() -> bytes:
    """The files of prelude/ in the order of their names, as one expression."""
    return b"".join(file.read_bytes() for file in sorted((HERE / "prelude").glob("*.js")))


def sealed_source(driver: Path = DRIVER) -> bytes:
    """The sealed prelude: what both have in common, the costs, and the files of sealed/, as one expression.

    `driver` is the file that takes the host's messages.
    """
    before = [(HERE / "prelude" / name).read_bytes() for name in SHARED]
    costs = {row["id"]: row["units"] for row in json.loads(GAS.read_bytes())["rows"] if row["expressible"]}
    table = f"const GAS = {json.dumps({'__proto__': None} | costs)};\n".encode()
    runtime = [file.read_bytes() for file in sorted((HERE / "sealed").glob("*.js")) if file != DRIVER]
    return b"".join((*before, table, *runtime, driver.read_bytes(), (HERE / "prelude" / "99_close.js").read_bytes()))


def cache_folder() -> Path:
    """Where finished builds are kept; BELLJAR_CACHE names another place."""
    named = os.environ.get("BELLJAR_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "belljar"
    return base / "guest"


def cache_key(locked: dict[str, str]) -> str:
    """Changes with every input of the compilation."""
    digest = hashlib.sha256()
    for name in ("sdist_sha256", "ziglang"):
        digest.update(locked[name].encode())
    for name in ("build.py", "jar.c", "jar.h", "patches.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:24]


def is_cached() -> bool:
    """Whether `build` needs neither the network nor a compiler."""
    return (cache_folder() / cache_key(lock()) / "guest.wasm").exists()


def compile_into(cached: Path, locked: dict[str, str]) -> None:
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached.parent) as scratch:
        tree = Path(scratch) / "tree"
        licence = unpack(fetch(locked, Path(scratch)), tree)
        patch(tree)
        for name in ("jar.c", "jar.h"):
            shutil.copy(HERE / name, tree)
        compile_tree(tree, Path(scratch) / "zig")
        finished = Path(scratch) / "finished"
        finished.mkdir()
        shutil.move(tree / "guest.wasm", finished)
        (finished / "NOTICE").write_text(NOTICE + licence)
        shutil.rmtree(cached, ignore_errors=True)
        finished.rename(cached)


def fetch(locked: dict[str, str], folder: Path) -> Path:
    """The locked sdist, downloaded with pip, which checks the hash before it opens the archive."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{locked['sdist']} --hash=sha256:{locked['sdist_sha256']}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--require-hashes", "--dest", str(folder), "--requirement", str(wanted)]
    subprocess.run(command, check=True, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    return next(folder.glob("*.tar.gz"))


def unpack(archive: Path, tree: Path) -> str:
    """The engine's C files, flat in `tree`; gives its licence text."""
    tree.mkdir()
    licence = ""
    with tarfile.open(archive) as files:
        for member in files:
            path = Path(member.name)
            if path.name == "LICENSE" and not licence:
                licence = files.extractfile(member).read().decode()  # type: ignore[union-attr]  # a regular file
            if path.parent.name == "upstream-quickjs" and path.suffix in (".c", ".h"):
                (tree / path.name).write_bytes(files.extractfile(member).read())  # type: ignore[union-attr]
    return licence


def patch(tree: Path) -> None:
    for entry in PATCHES:
        file = tree / entry.file
        text = file.read_text()
        if text.count(entry.old) != entry.times:
            raise SystemExit(f"a patch of {entry.file} no longer fits: {entry.why}")
        file.write_text(text.replace(entry.old, entry.new))


def compile_tree(tree: Path, zig_cache: Path) -> None:
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *SOURCES, "-o", "guest.wasm"]
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(zig_cache), "ZIG_LOCAL_CACHE_DIR": str(zig_cache)}
    subprocess.run(command, check=True, cwd=tree, env=os.environ | caches)


if __name__ == "__main__":
    raise SystemExit(main())

"""The compiled base image: engine and prelude, ready to be cloned. One per process and profile.

Made once per guest build, wasmtime version and kind of processor, then kept in the cache folder. The base image is an
instance that has loaded the prelude and made no script run; its memory is baked into the module (see `_bake`), so a
clone begins there.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import platform
import struct
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import wasmtime

from belljar.errors import EngineUnavailableError, HarnessInternalError
from belljar.machine import _cache, _guest, _pool
from belljar.machine._bake import bake
from belljar.machine._watchdog import Watchdog


class Port(NamedTuple):
    """jar_port_t of guest/jar.h."""

    interrupt: int
    op: int
    size: int
    status: int
    inbox: int
    inbox_size: int
    outbox: int
    outbox_size: int
    stop: int
    line: int
    column: int
    heap_used: int
    heap_start: int
    fresh: int
    now_ms: float


PORT = struct.Struct("<14Id")
REQUEST = struct.Struct("<II")
"""The fields that the host writes before a step: op and size, REQUEST_OFFSET into the port."""
REQUEST_OFFSET = 4
INBOX = struct.Struct("<II")
"""Address and size of the guest's inbox, INBOX_OFFSET into the port."""
INBOX_OFFSET = 16
NOW_OFFSET = 56
OP_BOOT, OP_SEAL, OP_START, OP_RESUME, OP_CHECK = range(5)
MAX_WASM_STACK = 1_900 * 1024
"""Native stack of a step. wasmtime's engine refuses 2 MB; guest/patches.py keeps scripts below this."""
_BAKE_FUEL = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Addresses in the base image's memory."""

    port: int
    inbox: int
    inbox_size: int
    fresh: int
    """First byte that the base image leaves to runs."""
    memory_bytes: int


@dataclass(slots=True)
class Instance:
    """A clone: its store, and the three things that a machine needs of it."""

    store: wasmtime.Store
    memory: wasmtime.Memory
    step: wasmtime.Func
    reserve: wasmtime.Func
    address: int
    """Where linear memory lies in this process; it never moves."""


class BaseImage:
    """Clones of one compiled base image."""

    def __init__(self, place: Path, layout: Layout) -> None:
        self.layout = layout
        self._place = place
        self._engines: list[tuple[wasmtime.Engine, wasmtime.InstancePre]] = []
        self._lock = threading.Lock()
        self._pooled = self._add_engine(pooled=True)
        self.watchdog = Watchdog(self._advance_epochs)

    @property
    def pooled(self) -> bool:
        """Whether clones come from wasmtime's pooling allocator."""
        return self._pooled

    def clone(self, *, memory_bytes: int, fuel: int) -> Instance:
        """A fresh instance whose linear memory may grow to `memory_bytes`."""
        try:
            return self._clone(0, memory_bytes, fuel)
        except wasmtime.WasmtimeError:
            return self._clone(self._overflow_engine(), memory_bytes, fuel)  # the pool's slots are taken

    @cached_property
    def memory(self) -> bytes:
        """The base image's memory, read once; freezing needs it, running does not."""
        instance = self.clone(memory_bytes=self.layout.memory_bytes, fuel=1)
        return ctypes.string_at(instance.address, self.layout.memory_bytes)

    def _clone(self, engine: int, memory_bytes: int, fuel: int) -> Instance:
        core, blueprint = self._engines[engine]
        store = wasmtime.Store(core)
        store.set_limits(memory_size=memory_bytes, table_elements=20_000, instances=1, tables=1, memories=1)
        store.set_fuel(fuel)
        exports = blueprint.instantiate(store).exports(store)
        memory: Any = exports["memory"]
        step: Any = exports["jar_step"]
        reserve: Any = exports["jar_reserve"]
        return Instance(store, memory, step, reserve, ctypes.addressof(memory.data_ptr(store).contents))

    def _overflow_engine(self) -> int:
        with self._lock:
            if len(self._engines) < 2:
                self._add_engine(pooled=False)
        return 1

    def _add_engine(self, *, pooled: bool) -> bool:
        config = engine_config()
        pooled = pooled and _pool.enable(config, keep_resident=self.layout.memory_bytes)
        engine = wasmtime.Engine(config)
        module = wasmtime.Module.deserialize_file(engine, str(self._place))  # mapped, so its pages are shared
        self._engines.append((engine, wasmtime.Linker(engine).instantiate_pre(module)))
        return pooled

    def _advance_epochs(self) -> None:
        for engine, _ in self._engines:
            engine.increment_epoch()


@functools.cache
def engine_version() -> str:
    """Version of the installed wasmtime."""
    return version("wasmtime")


def engine_config() -> wasmtime.Config:
    """How the guest is compiled: metered by fuel, interruptible by epoch, with nothing it does not use."""
    config = wasmtime.Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    config.max_wasm_stack = MAX_WASM_STACK
    config.cranelift_opt_level = "speed"
    config.wasm_threads = False
    config.wasm_multi_memory = False
    config.wasm_memory64 = False
    return config


@functools.cache
def base_image(profile: str = "standard") -> BaseImage:
    """This process's base image of a profile, from the cache folder, or made now. Raises CacheError for an unsafe
    folder."""
    return _kept(_cache_name(profile), lambda: _make(_guest.prelude(profile)))


@functools.lru_cache(maxsize=32)
def kept_image(name: str, memory: bytes, layout: Layout) -> BaseImage:
    """Clones that begin with `memory`; `name` is its digest."""
    return _kept(_cache_name(name), lambda: (_compiled(wasmtime.Engine(engine_config()), memory), layout))


def _kept(name: str, make: Callable[[], tuple[bytes, Layout]]) -> BaseImage:
    place = _cache.folder() / f"{name}.cwasm"
    layout = _load(place)
    if layout is None:
        compiled, layout = make()
        facts = {"sha256": hashlib.sha256(compiled).hexdigest(), "layout": asdict(layout)}
        _cache.write(place.with_suffix(".json"), json.dumps(facts).encode())
        _cache.write(place, compiled)
    return BaseImage(place, layout)


def _cache_name(profile: str = "standard") -> str:
    parts = (_guest.build_id(), engine_version(), platform.machine(), platform.system(), profile)
    return "guest-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _load(place: Path) -> Layout | None:
    """The cached image's layout; None where there is no image or its bytes are not those that were written."""
    facts_file = place.with_suffix(".json")
    if not (place.exists() and facts_file.exists()):
        return None
    compiled = hashlib.sha256(_cache.checked(place).read_bytes()).hexdigest()
    try:
        facts = json.loads(_cache.checked(facts_file).read_bytes())
        if facts["sha256"] == compiled:
            return Layout(**facts["layout"])
    except (ValueError, KeyError, TypeError):
        return None  # written by something else, or cut short: made anew
    return None


def _make(prelude: bytes) -> tuple[bytes, Layout]:
    """Run the guest's start once, bake what memory holds then, and compile it."""
    engine = wasmtime.Engine(engine_config())
    module = wasmtime.Module(engine, _guest.wasm())
    if module.imports:
        raise EngineUnavailableError("the guest module has imports; a jar must have none")
    store = wasmtime.Store(engine)
    store.set_fuel(_BAKE_FUEL)
    store.set_epoch_deadline(1 << 40)
    exports: Any = wasmtime.Instance(store, module, []).exports(store)
    exports["_initialize"](store)
    port = exports["jar_port"](store)
    _boot(store, exports, prelude)
    memory = bytes(exports["memory"].read(store))
    facts = Port(*PORT.unpack_from(memory, port))
    layout = Layout(
        port=port, inbox=facts.inbox, inbox_size=facts.inbox_size, fresh=facts.fresh, memory_bytes=len(memory)
    )
    return _compiled(engine, memory), layout


def _compiled(engine: wasmtime.Engine, memory: bytes) -> bytes:
    baked = wasmtime.Module(engine, bake(_guest.wasm(), memory, ("memory", "jar_step", "jar_reserve")))
    return bytes(baked.serialize())


def _boot(store: wasmtime.Store, exports: Any, prelude: bytes) -> None:
    inbox = exports["jar_reserve"](store, len(prelude) + 1)
    exports["memory"].write(store, prelude, inbox)
    port = exports["jar_port"](store)
    for op, size in ((OP_BOOT, len(prelude)), (OP_SEAL, 0)):
        exports["memory"].write(store, REQUEST.pack(op, size), port + REQUEST_OFFSET)
        exports["jar_step"](store)
        if PORT.unpack(exports["memory"].read(store, port, port + PORT.size))[3]:
            raise HarnessInternalError("the guest's prelude does not load")

"""What every plugin has: its configuration, its metrics, a check of values, a short sleep; and what they are called.

In the profile `standard` these are behind `api`, which the last line of the script builds (`_entry`); in `sealed`,
where functions are no data, they are effects of the same name.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from belljar.errors import CapabilityRefusedError
from belljar.packs import sleep_tool
from belljar.plugins._config import is_secret_config_key
from belljar.plugins._schema_check import SchemaResult, schema_result
from belljar.tools import AbortSignal, AnyTool, CallInfo, Tool, tool

_METRIC: Final = re.compile(r"[a-z][a-z0-9_.-]{0,63}\Z", re.ASCII)
_log = logging.getLogger("belljar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number that a plugin measured."""

    plugin: str
    run_id: str
    name: str
    value: float


MetricListener = Callable[[Metric], None]
"""Told of each metric, in a thread of the tools."""


def api_tools(
    *,
    plugin: str,
    profile: str,
    config: Mapping[str, Any],
    may_emit: bool,
    on_metric: MetricListener | None,
) -> list[AnyTool]:
    """The tools behind `api`, or the effects of a sealed plugin."""
    api = _Api(plugin=plugin, config=config, may_emit=may_emit, on_metric=on_metric)
    if profile == "sealed":
        return [api.get_config, api.validate_input, api.emit, api.log]
    names = {"api.getConfig": api.get_config, "api.validateInput": api.validate_input, "api.metrics.emit": api.emit}
    return [*(Tool.of(each, name=name) for name, each in names.items()), Tool.of(sleep_tool(), name="api.sleep")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Api:
    plugin: str
    config: Mapping[str, Any]
    may_emit: bool
    on_metric: MetricListener | None

    @tool(name="getConfig", idempotent=True)
    def get_config(self, name: Annotated[str, Field(max_length=200)]) -> Any:
        """A setting that the operator gives to this plugin. Names of secrets are refused."""
        if is_secret_config_key(name):
            raise CapabilityRefusedError(
                f"{name[:80]!r} is the name of a secret, and a plugin is given none",
                hint="The policy can have the host send it to one host ([[grant.secret]]).",
            )
        if name not in self.config:
            raise CapabilityRefusedError(f"the policy gives this plugin no {name[:80]!r}", hint="See [grant.config].")
        return self.config[name]

    @tool(name="validateInput", idempotent=True)
    def validate_input(self, value: Any, schema: Any, signal: AbortSignal) -> SchemaResult:
        """Whether a value fits a JSON Schema (draft 2020-12), and where it does not."""
        return schema_result(value, schema, signal)

    @tool(name="emit", idempotent=True)
    def emit(
        self,
        name: Annotated[str, Field(description="Small letters, digits, '_', '.' and '-'; at most 64.")],
        value: Annotated[float, Field(allow_inf_nan=False, strict=True)],
        call: CallInfo,
    ) -> None:
        """Hand a number to the operator's metrics."""
        if not self.may_emit:
            raise CapabilityRefusedError("the plugin has no capability metrics", hint="Declare and grant it.")
        if not _METRIC.match(name):
            raise CapabilityRefusedError("a metric's name has small letters, digits, '_', '.' and '-', at most 64")
        assert math.isfinite(value)
        if self.on_metric is not None:
            self._tell(Metric(plugin=self.plugin, run_id=call.run_id, name=name, value=value))

    @tool(name="log", idempotent=True)
    def log(
        self,
        level: Literal["debug", "info", "warn", "error"],
        message: Annotated[str, Field(max_length=4_096)],
        call: CallInfo,
        meta: Any = None,
    ) -> None:
        """Tell whoever watches the run. The journal has it as a call."""
        call.progress(f"{level}: {message}" if meta is None else f"{level}: {message} {meta}")

    def _tell(self, metric: Metric) -> None:
        assert self.on_metric is not None
        try:
            self.on_metric(metric)
        except Exception:  # the listener is the host's code, and no run fails of it
            _log.exception("a listener of metrics failed at %s", metric.name)

"""Every error belljar knows, and what each one tells the model.

One base class. An error's code is its class name; who must act on it, in which phase it arises and whether trying the
same thing again can help are class attributes, so no error is ever told apart by its message. Errors carry data; the
text that a model or a person reads is made from that data in `to_model` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Phase = Literal["detecting", "parsing", "executing", "finalizing"]

VIRTUAL_FILE = "script.ts"
"""What a model is told that its script is called; no other file name reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with a script, found before it ran."""

    code: str
    """Name of the error class this finding stands for."""
    message: str
    """What was wrong, with the offending text."""
    line: int
    """Counts from 1, in the model's own TypeScript."""
    column: int
    """Counts from 1, in UTF-16 code units."""
    hint: str = ""
    """What to write instead."""
    excerpt: str = ""
    """The source line with a caret under the token, or empty."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "code": self.code,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
            "excerpt": self.excerpt,
        }


class BelljarError(Exception):
    """Base of all errors; never raised itself.

    `line` and `column` count from 1 (columns in UTF-16 code units) and point into the model's TypeScript. `details` is
    plain JSON data. `call_id` is the id of the call that failed, where there was one.
    """

    phase: ClassVar[Phase] = "executing"
    text_name: ClassVar[str] = VIRTUAL_FILE
    """The text that line and column are of."""
    retryable: ClassVar[bool] = False
    advice: ClassVar[str] = ""
    """The hint where the raiser gives none."""

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
        excerpt: str = "",
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint or self.advice
        self.excerpt = excerpt
        self.tool: str | None = facts.pop("tool", None)
        self.call_id: str | None = facts.pop("call_id", None)
        self.details: dict[str, Any] = dict(facts.pop("details", None) or {})
        if facts:
            raise TypeError(f"unknown error fact(s): {', '.join(sorted(facts))}")

    @property
    def code(self) -> str:
        """The stable name of this kind of error."""
        return type(self).__name__

    def to_model(self) -> str:
        """What the model reads: no host path, no host frame, the virtual file name only."""
        where = f" at {self.text_name}:{self.line}:{self.column}" if self.line is not None else ""
        parts = [f"{self.code}{where}: {self.message}"]
        if self.excerpt:
            parts.append(self.excerpt)
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what the journal keeps and `--json` prints. `from_dict` is its inverse."""
        data: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "phase": self.phase,
            "retryable": self.retryable,
            "hint": self.hint,
            "line": self.line,
            "column": self.column,
            "tool": self.tool,
            "call_id": self.call_id,
            "details": self.details,
        }
        if self.excerpt:
            data["excerpt"] = self.excerpt
        return data


class ScriptError(BelljarError):
    """The script's author must act: goes back to the model."""


class HostError(BelljarError):
    """The caller of the library or the operator must act."""


# -- found before a script runs ---------------------------------------------------------------------------------------


class SourceError(ScriptError):
    """A script was refused before it ran; `findings` lists everything that is wrong with it, not the first alone."""

    phase: ClassVar[Phase] = "parsing"

    def __init__(self, message: str, *, findings: Iterable[Finding] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.findings = tuple(findings)
        if self.findings:
            self.details.setdefault("findings", [finding.to_dict() for finding in self.findings])

    @classmethod
    def from_findings(cls, findings: Iterable[Finding]) -> SourceError:
        """The error for a script with these findings (at least one): the class is that of the first."""
        listed = tuple(findings)
        first = listed[0]
        kind = ERRORS[first.code]
        if not issubclass(kind, SourceError):
            raise TypeError(f"{first.code} is not found before a run")
        return kind(
            first.message,
            line=first.line,
            column=first.column,
            hint=first.hint,
            excerpt=first.excerpt,
            findings=listed,
        )

    def to_model(self) -> str:
        """All findings, in the order of the text."""
        if len(self.findings) < 2:
            return super().to_model()
        parts = [f"{len(self.findings)} problems; nothing was run."]
        for finding in self.findings:
            parts.append(f"{finding.code} at {self.text_name}:{finding.line}:{finding.column}: {finding.message}")
            parts.extend(text for text in (finding.excerpt, finding.hint and f"hint: {finding.hint}") if text)
        return "\n".join(parts)


class MalformedReplyError(SourceError):
    """Nested, unbalanced or unterminated `<tool-calls>` tags: no script of the reply runs."""

    phase = "detecting"
    text_name = "reply"
    advice = "Write each script between one <tool-calls> and one </tool-calls>; do not nest them."


class ScriptSyntaxError(SourceError):
    """The text is not TypeScript, or uses a form of it that needs a compiler step."""

    advice = "Correct the syntax and send the script again."


class ScriptTooLargeError(SourceError):
    """The source is over the limit in bytes."""

    advice = "Split the work into several scripts."


class BannedIdentifierError(SourceError):
    """A construct or a name that does not exist in the jar."""

    advice = "Use the tools that are declared, and standard ECMAScript built-ins."


class UndefinedNameError(SourceError):
    """A name that is neither declared in the script nor a global of the machine."""

    advice = "Declare the name, or use one of the declared tools."


class ScriptTypeError(SourceError):
    """The TypeScript compiler found that the script does not fit the declarations of the tools."""

    advice = "Correct the types; the tools are declared with their arguments and results."


class SealedLanguageError(SourceError):
    """A form of TypeScript that the sealed profile has not."""

    advice = "Write it as docs/sealed.md says; each refusal names the rewrite."


class ToolNotFoundError(SourceError):
    """`tools.x` names a tool that is not there (found before the run, or at the property access)."""

    advice = "Use one of the declared tools."


# -- while a script runs ----------------------------------------------------------------------------------------------


class ScriptRuntimeError(ScriptError):
    """An exception that the script did not catch."""

    advice = "Correct the script at this position, or catch the error."


class ScriptTimeoutError(ScriptError):
    """The run's time was used up; `details["cause"]` is `clock` or `fuel`."""

    advice = "Do less in one script, or await fewer tools in sequence. Calls that are listed as done need no repeat."


class ScriptMemoryError(ScriptError):
    """The machine's memory was used up."""

    advice = "Keep less data at once: process lists in parts, return summaries."


class ScriptStackError(ScriptError):
    """Recursion went too deep and the script did not catch the RangeError."""

    advice = "Use a loop instead of deep recursion, or flatten the data."


class ScriptCancelledError(ScriptError):
    """The host cancelled the run."""

    retryable = True
    advice = "The run was stopped from outside. Ask before you send it again."


class ToolExecutionError(ScriptError):
    """A tool raised, or the host could not call it."""

    retryable = True
    advice = "Catch the error in the script if it can be expected, or change the arguments."


class ToolValidationError(ScriptError):
    """Arguments did not fit a tool's schema, or its result did not fit its declared type."""

    advice = "Compare the arguments with the tool's declaration."


class ToolBudgetExceededError(ScriptError):
    """More tool calls than one run may make."""

    advice = "Make fewer calls in one script, or split the work into several scripts."


class ConcurrencyLimitError(ScriptError):
    """More calls waiting at once than the queue holds."""

    advice = "Await calls in groups instead of starting all at once."


class ApprovalDeniedError(ScriptError):
    """A person or a policy said no to one call."""

    advice = "Do not try the same call again; go on without it or ask the user."


class ApprovalTimeoutError(ScriptError):
    """Nobody answered an approval request in time."""

    retryable = True
    advice = "Nobody answered in time. The call was not made; it may be tried later."


class RunSuspendedError(ScriptError):
    """The run waits for a decision that cannot be made here and now; it goes on when the decision comes."""

    advice = "Do not send the script again: what it has done is kept, and it goes on when a person has decided."


class CallAbortedError(ScriptError):
    """The call lost a race, was cancelled, or was left behind when the script ended."""

    advice = "Await every call whose result matters."


class CallUnknownError(ScriptError):
    """A call that was sent when the run's process died: nobody knows whether it took place."""

    advice = "Do not make the call again before somebody has looked; say what is unknown."


class CapabilityRefusedError(ScriptError):
    """A plugin asked at run time for something that it was not granted."""

    advice = "Declare it in the manifest and have the operator grant it, or do without."


class NetworkPolicyError(ScriptError):
    """An address that policy does not allow."""

    advice = "Only the allowed hosts can be reached."


class WorkspaceError(ScriptError):
    """A path that the workspace does not have or does not allow."""

    advice = "Use a path relative to the workspace, as listDir and fileSearch give them."


class PatchError(ScriptError):
    """A patch that does not fit the files; nothing was written."""

    advice = "Read the file again and make the patch from what it holds now."


class ServerUnavailableError(ScriptError):
    """A tool server that is down, slow, or speaks another protocol."""

    retryable = True
    advice = "The server may come back: go on without it, or try later."


class SerializationError(ScriptError):
    """A value that cannot cross the wall; `details["path"]` says where it sits."""

    phase = "finalizing"
    advice = "Pass plain data only: null, booleans, finite numbers, strings, arrays, plain objects, Uint8Array."


class ReturnValueTooLargeError(ScriptError):
    """The returned value is over the limit; `details["preview"]` has its beginning."""

    phase = "finalizing"
    advice = "Return a summary, or only the part that is needed."


class DetachedPromiseError(ScriptError):
    """A call was still running when the script ended, and it was not awaited."""

    phase = "finalizing"
    advice = "Await every call, or collect the promises with Promise.all."


# -- while a sealed program runs; nothing in its language catches these -----------------------------------------------


class SealedError(ScriptError):
    """Base of what ends a sealed program; `line` and `column` are the operator's."""

    advice = "Correct the program at this position."


class IntegerOverflowError(SealedError):
    """A result beyond the safe integers, 2**53 - 1."""

    advice = "Use Decimal, which has 34 digits."


class InexactResultError(SealedError):
    """A result that is no integer: a fraction, or minus zero."""

    advice = "Use Int.div and Int.mod, or Decimal."


class DivisionByZeroError(SealedError):
    """`/ 0` or `% 0`."""

    advice = "Ask before you divide."


class TypeMismatchError(SealedError):
    """An operator or a built-in got a value of another kind."""


class IndexOutOfRangeError(SealedError):
    """An element that is not there."""

    advice = "Ask for the length first, or use find, which gives an Option."


class PropertyNotFoundError(SealedError):
    """A key that a record has not."""

    advice = 'Ask first: "key" in record.'


class ArityError(SealedError):
    """A call with too many or too few arguments."""


class NotAFunctionError(SealedError):
    """A call of a value that is no function."""


class UseBeforeDeclarationError(SealedError):
    """A name that was read before its declaration was executed."""

    advice = "Declare it before the call that needs it."


class InvalidStringError(SealedError):
    """A text with half a surrogate pair."""


class UnencodableError(SealedError):
    """A function where data is needed."""


class DictKeyError(SealedError):
    """A key of a Dict that holds a function."""


class LimitError(SealedError):
    """A value that is too large, or calls that nest too deep; `details` has the limit."""

    advice = "Work in smaller pieces; a tail call takes no depth."


class CpuLimitError(ScriptTimeoutError):
    """A sealed program that used up its time or fuel before its gas."""

    advice = "A loop of tail calls that costs no gas does not end by gas."


# -- the host must act ------------------------------------------------------------------------------------------------


class FeatureDisabledError(HostError):
    """A switched-off feature was asked for."""

    advice = "The operator has switched this off."


class UsageError(HostError, ValueError):
    """belljar was called in a way that cannot work."""

    advice = "Correct the call."


class JournalError(HostError):
    """A journal that cannot be read: truncated, edited, or of another format version."""

    advice = "Restore the journal from a copy; a damaged one is never guessed at."


class StoreError(HostError):
    """A store of runs that cannot be opened, read or written. Nothing that it had confirmed is lost."""

    advice = "Look at the store's address, its rights and its disk."


class StoreBusyError(StoreError):
    """Another process held the store for longer than the wait."""

    retryable = True
    advice = "Try again; if it happens often, use PostgreSQL."


class StoreFullError(StoreError):
    """The store's disk is full. What it had confirmed is there."""

    retryable = True
    advice = "Make room; the run goes on from its last record."


class StoreVersionError(StoreError):
    """A store that a newer belljar has written."""

    advice = "Use that belljar, or another store."


class NotInStoreError(StoreError):
    """The store has no such run, approval, agent or record."""

    advice = "Look at the list of what there is."


class QueueFullError(StoreError):
    """A queue of the store has as many runs going on as it may have, or begun in a period as may begin."""

    retryable = True
    advice = "Wait until one of them has ended, or raise the bound."


class LeaseLostError(StoreError):
    """Another process took the run over, so this one may write nothing more of it."""

    advice = "Nothing is lost: the other process goes on with the run."


class DecisionRefusedError(StoreError):
    """A decision that cannot count: of somebody who is not asked, too late, on another call, or with arguments that
    the tool does not take."""

    advice = "Look at the question again, and decide on what it shows."


class AuditBrokenError(HostError):
    """An audit log that was changed, or has lost records; `details` names the record."""

    advice = "Keep this copy as evidence, and compare it with the exports and checkpoints kept elsewhere."


class ManifestError(HostError):
    """A plugin's manifest or package, a policy, or an agent's specification that is wrong; `details` has every problem
    with its file, line and path."""

    phase = "parsing"
    advice = "Correct what is named; `belljar plugin check` looks without running anything."


class PluginSignatureError(HostError):
    """A plugin whose signature is missing where one is needed, of an unknown key, or not of these bytes."""

    advice = "Do not run it. Get the plugin from its author again, or sign what you have read yourself."


class PolicyRefusedError(HostError):
    """A plugin or agent that asks for more than the policy grants, or more than was approved; `details` names each
    need. Nothing of it ran."""

    phase = "parsing"
    advice = "Grant it in the policy, or leave the plugin alone."


class AgentStoppedError(HostError):
    """Somebody stopped the agent; what it had done is kept."""

    advice = "`belljar agents run --resume ID` goes on with it."


class AgentBudgetError(HostError):
    """An agent that used up its tokens, calls or time; `details` says which."""

    advice = "Look at what it did before you give it more."


class ModelError(HostError):
    """A model that could not be reached, refused, or answered with nothing to work on."""

    retryable = True
    advice = "Look at the provider's status, the key and the model's name."


class SecretFoundError(HostError):
    """A secret in something that is handed on; `details` says where, never what."""

    advice = "Take the secret out, or have it given by the policy."


class GasLimitOutOfRangeError(UsageError):
    """A gas limit outside of 1 to 2,000,000,000."""

    advice = "Give gas_limit, or set MTP_GAS_LIMIT."


class SeedReusedError(HostError):
    """A sealed run with the identity of an earlier one; to see the same again, replay its journal."""

    advice = "Give each run a request id of its own."


class ReplayDivergedError(HostError):
    """A replay asked a different question than the journal holds; `details` has the ordinal and both questions."""

    advice = "Replay the same script with the same version of belljar."


class ImageError(HostError):
    """A frozen run that cannot be thawed here: corrupt, forged, or made by another guest build."""

    advice = "Replay the run from its journal instead."


class SnapshotError(ImageError):
    """Base of the reasons to refuse a snapshot; never raised itself."""

    advice = "Take the snapshot again from where it was built."


class NotASnapshotError(SnapshotError):
    """The data does not begin like a snapshot."""

    advice = "Give a file that `belljar snapshot build` wrote."


class SnapshotVersionError(SnapshotError):
    """The snapshot has a format that this belljar does not read; `details` has both."""

    advice = "Build the snapshot again with this belljar."


class SnapshotTruncatedError(SnapshotError):
    """The data ends before the snapshot does."""


class SnapshotTooLargeError(SnapshotError):
    """The file, or what it unpacks to, is over the limit; `details` has the size and the limit."""

    advice = "Make the program or its data smaller."


class SnapshotCorruptError(SnapshotError):
    """The content hash does not match, or the data goes on after the snapshot: not the bytes that were packed."""


class SnapshotUnsignedError(SnapshotError):
    """Nobody has signed the snapshot."""

    advice = "Sign the snapshot with a key that is trusted here."


class SnapshotUnknownKeyError(SnapshotError):
    """Signed with a key that is not trusted here; `details` has its id."""

    advice = "Add the signer's public key to the trusted keys, if you know whose it is."


class SnapshotSignatureError(SnapshotError):
    """The signature is not the signer's signature of this content."""


class SnapshotCertificateError(SnapshotError):
    """The signer's certificate is unreadable, another key's, not for this use, or by no trusted authority."""

    advice = "Sign with a code-signing certificate that a trusted authority issued."


class SnapshotExpiredError(SnapshotError):
    """The signer's certificate, or its authority's, is not valid at the given time; `details` has the span."""

    advice = "Sign the snapshot again with a certificate that is valid."


class SnapshotBuildError(SnapshotError):
    """Made by another build of the guest; `details` has both. Memory of one build means nothing to another."""

    advice = "Build the snapshot again with this belljar."


class SnapshotProfileError(SnapshotError):
    """The snapshot is of another profile than `sealed`."""

    advice = "Build the snapshot from a sealed program."


class SnapshotHeaderError(SnapshotError):
    """The header is not of this format, or does not fit the content."""


class SnapshotPagesError(SnapshotError):
    """The pages overlap, are out of order, lie outside the memory, or are not the bytes that the header lists."""


class MachineStateError(HostError, RuntimeError):
    """A machine was asked for something that its state does not allow; nothing was changed."""

    advice = "Check machine.state: ready -> start; waiting -> resume or freeze; a finished machine is used up."


class CacheError(HostError):
    """The compiled guest's cache folder is not safe to load native code from."""

    advice = "Let BELLJAR_CACHE name a folder that only you can write to."


class EngineUnavailableError(HostError):
    """The engine that was asked for is not installed."""

    advice = "Install the extra that carries it."


class HarnessInternalError(BelljarError):
    """A bug in belljar or a dead machine. The harness tries once more by itself before it reports this."""

    retryable = True
    advice = "This is not the script's fault. Please report it with the run id."


def _all_kinds(kind: type[BelljarError]) -> Iterable[type[BelljarError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_kinds(child)


ERRORS: Mapping[str, type[BelljarError]] = {kind.__name__: kind for kind in _all_kinds(BelljarError)}
"""Every error class by its code."""


def from_dict(data: Mapping[str, Any]) -> BelljarError:
    """The error that `to_dict` described. Raises KeyError for a code that belljar does not know."""
    kind = ERRORS[data["code"]]
    facts = {name: data.get(name) for name in ("line", "column", "tool", "call_id", "details")}
    return kind(data["message"], hint=data.get("hint", ""), excerpt=data.get("excerpt", ""), **facts)

"""A server on loopback that stands in for model providers: `python -m belljar.testing.stub --port 8123`.

It speaks OpenAI's Responses and Chat Completions and Anthropic's Messages, streamed or not, well enough for their own
SDKs, says what it is told to say, and refuses with a 400 what the real services refuse: a call without an answer, an
answer without a call, thinking that was changed. So an agent's loop can be tested without a key and without a network.

    with StubServer([StubReply(parts=[ScriptPart("return 6 * 7")]), StubReply(parts=[TextPart("42")])]) as stub:
        client = openai.OpenAI(base_url=stub.openai_url, api_key="any")

As a program it plays a model that looks three cities' temperatures up; the examples talk to it.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from types import TracebackType

from belljar.harness import ScriptPart, TextPart, ThinkingPart
from belljar.testing._chat import Chat
from belljar.testing._http import Server
from belljar.testing._messages import Messages
from belljar.testing._reply import Raw, Replies, Say, StubError, StubPart, StubReply, StubRequest
from belljar.testing._responses import Responses

__all__ = ["Raw", "Say", "StubError", "StubPart", "StubReply", "StubRequest", "StubServer"]


class StubServer:
    """A server in a thread of its own, from `with` to its end."""

    def __init__(self, replies: Replies, *, port: int = 0) -> None:
        """`replies` are said one after another whichever service is asked, or made from each request. Port 0 is any."""
        self.requests: list[StubRequest] = []
        """Everything that was asked, refused or not. A refused request uses no reply up."""
        self._left: Iterator[Say] | None = None if callable(replies) else iter(replies)
        self._make = replies if callable(replies) else self._next
        self._lock = threading.Lock()
        self._server = Server(port, (Responses(), Chat(), Messages()), self.requests.append, self._ask)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> StubServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The base URL for Anthropic's client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's client."""
        return f"{self.url}/v1"

    def _ask(self, request: StubRequest) -> Say:
        with self._lock:
            return self._make(request)

    def _next(self, _: StubRequest) -> Say:
        assert self._left is not None
        return next(self._left, StubError(status=400, message="the stub has nothing more to say"))


# -- as a program -----------------------------------------------------------------------------------------------------

DEMO_SCRIPT = """\
const cities = ["Oslo", "Lima", "Pune"];
const degrees = await Promise.all(cities.map((city) => tools.temperature({ city })));
return cities.map((city, at) => ({ city, degrees: degrees[at] })).sort((a, b) => b.degrees - a.degrees);
"""


def demo_reply(request: StubRequest) -> StubReply:
    """What the model of the examples says: first a script, then, when its output is there, the answer."""
    if '\\"degrees\\"' not in json.dumps(request.body):
        thought, text = ThinkingPart("Three look-ups at once."), TextPart("I look them up.\n")
        return StubReply(parts=[thought, text, ScriptPart(DEMO_SCRIPT)])
    return StubReply(parts=[ThinkingPart("The list is sorted."), TextPart("Pune is the warmest of the three.")])


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser("python -m belljar.testing.stub", description="Stands in for model providers.")
    parser.add_argument("--port", type=int, default=8123, help="on loopback (default: 8123; 0: any)")
    with StubServer(demo_reply, port=parser.parse_args().port) as stub:
        print(f"OpenAI: --base-url {stub.openai_url}   Anthropic: --base-url {stub.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

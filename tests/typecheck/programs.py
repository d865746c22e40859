"""Programs that stand in for a compiler and do one thing wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from belljar.typecheck import Compiler

_TALK = """
import os, sys, json, time
os.mkdir(f"{__file__}.{os.getpid()}")
def read():
    size = 0
    while (line := sys.stdin.buffer.readline().strip()):
        size = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(size))
def say(text):
    data = text.encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(data) + data)
    sys.stdout.buffer.flush()
def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()
def wait():
    time.sleep(600)
def greet():
    say(json.dumps({"id": read()["id"], "result": {}}))
    read()
def question():
    while True:
        message = read()
        if "id" in message:
            return message
"""

PROGRAMS = {
    "ends at once": "sys.exit(0)",
    "ends at the question": "greet(); question()",
    "never answers": "greet(); wait()",
    "speaks no protocol": "write('x' * 200_000); wait()",
    "announces too much": "write(f'Content-Length: {1 << 40}\\r\\n\\r\\n'); wait()",
    "announces no number": "write('Content-Length: many\\r\\n\\r\\n'); wait()",
    "answers no JSON": "say('nonsense'); wait()",
    "answers a list": "say('[]'); wait()",
    "answers an error": "greet(); say(json.dumps({'id': question()['id'], 'error': {'code': 1}})); wait()",
    "answers no diagnostics": "greet(); say(json.dumps({'id': question()['id'], 'result': {'items': 5}})); wait()",
    "answers half a diagnostic": (
        "greet(); say(json.dumps({'id': question()['id'], 'result': {'items': [{'severity': 1}]}})); wait()"
    ),
    "reads nothing": "greet(); sys.stdin.close(); wait()",
}


def program(folder: Path, name: str) -> Compiler:
    """One of them, as a file that can be started."""
    path = folder / "compiler"
    path.write_text(f"#!{sys.executable}\n{_TALK}\n{PROGRAMS[name]}\n")
    path.chmod(0o700)
    return Compiler(path=path, version="7.0.0", where="test")

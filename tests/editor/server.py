"""A small client of the language server protocol, which drives the real yaml-language-server over its pipes."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PROGRAM = Path(__file__).parent / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
_LONGEST = 50.0
"""Seconds that an answer may take before the test fails."""


def missing() -> str | None:
    """Why the server can't be run here; None when it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not PROGRAM.is_file():
        return "yaml-language-server is not installed: `make editor` installs it and runs these tests"
    return None


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic: the line it is shown at, counted from 1, the text it underlines, and its words."""

    line: int
    text: str
    message: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A completion: what the list shows, what it says about it, what it would insert."""

    label: str
    documentation: str
    inserts: str


class Server:
    """One running server and the documents that are open in it."""

    def __init__(self, process: "subprocess.Popen[bytes]", root: Path, settings: Mapping[str, Any]) -> None:
        self._process = process
        self._settings = settings
        self._incoming: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._next = 0
        self._opened = 0
        self._configured = False
        threading.Thread(target=self._read, daemon=True).start()
        formats = ["markdown", "plaintext"]
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {
                    "workspace": {
                        "configuration": True,
                        "workspaceFolders": True,
                    },
                    "textDocument": {
                        "completion": {"completionItem": {"documentationFormat": formats, "snippetSupport": True}},
                        "hover": {"contentFormat": formats},
                    },
                },
            },
        )
        self.notify("initialized", {})
        self._wait_for_settings()

    def _wait_for_settings(self) -> None:
        """Until the server has asked for the settings and was answered: it reads them before the next message."""
        while not self._configured:
            self._take(self._next_message())

    def open(self, path: Path, text: str) -> str:
        """Open a document; its address.

        Each gets a name that was never used, because the server doesn't say which version of a document a diagnostic
        is about.
        """
        self._opened += 1
        uri = path.with_name(f"{self._opened}-{path.name}").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def close(self, uri: str) -> None:
        """Close a document."""
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def findings(self, path: Path, text: str | None = None) -> list[Finding]:
        """What the server says about a document, in the order of the lines."""
        content = path.read_text(encoding="utf-8") if text is None else text
        uri = self.open(path, content)
        while True:
            message = self._message()
            params = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == uri:
                break
        self.close(uri)
        lines = content.split("\n")
        found = [self._finding(item, lines) for item in params["diagnostics"]]
        return sorted(found, key=lambda finding: (finding.line, finding.message))

    @staticmethod
    def _finding(item: dict[str, Any], lines: list[str]) -> Finding:
        start, end = item["range"]["start"], item["range"]["end"]
        line = lines[start["line"]]
        stop = end["character"] if end["line"] == start["line"] else len(line)
        return Finding(start["line"] + 1, line[start["character"] : stop], item["message"])

    def complete(self, path: Path, marked: str) -> dict[str, Proposal]:
        """What may be written at the `|` of a text, by label; of equal labels the first."""
        text, position = _cursor(marked)
        uri = self.open(path, text)
        answer = self.request("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
        self.close(uri)
        items = answer["items"] if isinstance(answer, dict) else answer
        found: dict[str, Proposal] = {}
        for item in items:
            inserts = item.get("textEdit", {}).get("newText", item.get("insertText", ""))
            found.setdefault(item["label"], Proposal(item["label"], _words(item.get("documentation")), inserts))
        return found

    def hover(self, path: Path, marked: str) -> str:
        """What is shown over the `|` of a text."""
        text, position = _cursor(marked)
        uri = self.open(path, text)
        answer = self.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
        self.close(uri)
        return _words(answer["contents"]) if answer else ""

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        """Ask the server something, and wait for its answer."""
        self._next += 1
        number = self._next
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._message()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise AssertionError(message["error"])
                return message.get("result")

    def stop(self) -> None:
        """End the process."""
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            self._process.wait(timeout=5)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _message(self) -> dict[str, Any]:
        """The next message that is for us; what the server asks of an editor is answered on the way."""
        while True:
            message = self._next_message()
            if not self._take(message):
                return message

    def _next_message(self) -> dict[str, Any]:
        try:
            message = self._incoming.get(timeout=_LONGEST)
        except queue.Empty:
            raise AssertionError("the language server says nothing") from None
        if message is None:
            raise AssertionError("the language server ended")
        return message

    def _take(self, message: dict[str, Any]) -> bool:
        """Answer what the server asks of an editor; whether it was that."""
        if "method" not in message or "id" not in message:
            return False
        self._send({"id": message["id"], "result": self._answer(message["method"], message.get("params"))})
        return True

    def _answer(self, method: str, params: Any) -> Any:
        if method == "workspace/configuration":
            self._configured = self._configured or any(item["section"] == "yaml" for item in params["items"])
            return [self._settings.get(item["section"]) for item in params["items"]]
        if method == "custom/schema/content":
            return Path(unquote(urlsplit(params).path)).read_text(encoding="utf-8")
        return None

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            while True:
                length = 0
                while header := stream.readline().strip():
                    name, _, value = header.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                if not length:
                    break
                self._incoming.put(json.loads(stream.read(length)))
        except ValueError:
            pass  # the pipe was closed
        self._incoming.put(None)


def _cursor(marked: str) -> tuple[str, dict[str, int]]:
    before, mark, after = marked.partition("|")
    assert mark, "the text has no `|`"
    line = before.count("\n")
    return before + after, {"line": line, "character": len(before) - (before.rfind("\n") + 1)}


def _words(documentation: Any) -> str:
    if isinstance(documentation, dict):
        return str(documentation.get("value", ""))
    return str(documentation or "")


@contextmanager
def running(root: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Server]:
    """A server for a folder, with the settings an editor would give it; it fetches nothing from the network."""
    given = dict(settings or {})
    quiet = {"schemaStore": {"enable": False}, "kubernetesCRDStore": {"enable": False}}
    options = {"validate": True, "hover": True, "completion": True, **quiet, **given.get("yaml", {})}
    process = subprocess.Popen(
        ["node", str(PROGRAM), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=root,
    )
    server = Server(process, root, {**given, "yaml": options})
    try:
        yield server
    finally:
        server.stop()

"""Chromium on loopback: folders served by Python's server, visited by look.mjs."""

import http.server
import json
import os
import re
import subprocess
import threading
from pathlib import Path

from story import ROOT

LOOK = ROOT / "tests/browser/look.mjs"
MODULES = Path(os.environ.get("BROWSER_MODULES", ROOT / "build/browser"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
POLICY = ("default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
          "form-action 'self'; require-trusted-types-for 'script'")


def can_look():
    return Path(CHROMIUM).exists() and (MODULES / "node_modules").exists()


class Pages(http.server.SimpleHTTPRequestHandler):
    """The folders; and below /NAME/ an exporter's folder that has gone wrong in that way."""

    def do_GET(self):
        wrong, _, rest = self.path.removeprefix("/").partition("/")
        if not hasattr(self, f"answer_{wrong}") or not rest.split("?")[0].endswith(".json"):
            return super().do_GET()
        return getattr(self, f"answer_{wrong}")(rest)

    def answer(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def answer_gone(self, rest):
        self.answer(b"{}", status=404)

    def answer_broken(self, rest):
        self.answer((Path(self.directory) / "site" / rest).read_bytes(), status=500)

    def answer_html(self, rest):
        self.answer(b"<!DOCTYPE html><p>Approved</p>")

    def answer_cut(self, rest):
        self.answer((Path(self.directory) / "site" / rest).read_bytes()[:40])

    def answer_undated(self, rest):
        self.redated(rest, b"null")

    def answer_misdated(self, rest):
        self.redated(rest, b'"2040-13-45T99:00:00Z"')

    def redated(self, rest, moment):
        """Until when a status is valid, and when alive.json was written, in words that cannot be read."""
        kind = rb'"(valid_until|at)":\s*"[^"]*"' if rest.startswith("alive") else rb'"(valid_until)":\s*"[^"]*"'
        self.answer(re.sub(kind, rb'"\1":' + moment, (Path(self.directory) / "site" / rest).read_bytes()))

    def answer_endless(self, rest):
        try:
            self.answer(b" " * 65536, length=2**30)
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            pass  # it has hung up

    def answer_hanging(self, rest):
        self.server.over.wait()

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A browser hangs up when it has read enough."""


class Browser:
    def __init__(self, root):
        handler = lambda *arguments: Pages(*arguments, directory=str(root))  # noqa: E731
        self.server = Server(("127.0.0.1", 0), handler)
        self.server.over = threading.Event()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}/"
        self.process = subprocess.Popen(["node", LOOK, MODULES, CHROMIUM], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def visit(self, path, **order):
        self.process.stdin.write(json.dumps({"url": self.origin + path, **order}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.server.over.set()
        self.server.shutdown()
        self.server.server_close()

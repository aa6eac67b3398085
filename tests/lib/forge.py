"""A scripted forge: the APIs for statuses of commits of GitHub (statuses and check runs), GitLab and Gitea, as their
documentation tells them, on a real socket. It keeps what it was told, answers as they do, and fails as it is asked to.

    with Forge("github", token="t0ken") as forge:
        configure(api=forge.api, ...)
        forge.fail(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795422847"})  # the next request
        forge.await_state(sha, "success")
"""

import base64
import http.server
import json
import re
import subprocess
import tempfile
import threading
import time
from collections import deque

from story import PATIENCE_S, Overdue


class Forge:
    def __init__(self, kind, token="token-of-the-forge", repository="acme/handbook"):
        self.kind, self.token = kind, token
        self.requests = []  # of (method, path, headers, body)
        self.statuses = {}  # sha -> list of bodies, the latest last
        self.runs = {}  # number of a check run -> sha
        self.public_key = None  # path: of the App
        self.minted = 0  # installation tokens
        self.locked = False
        self.repository = {}  # what it says of the repository
        self.faults = deque()
        self.changed = threading.Condition()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        base = {"github": f"/repos/{repository}", "github-check": f"/repos/{repository}", "gitlab": "/api/v4/projects/7",
                "gitea": f"/api/v1/repos/{repository}"}[kind]
        self.base = base
        self.api = f"http://127.0.0.1:{self.server.server_address[1]}{base}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def fail(self, status, headers=None, body=None, times=1):
        """So it answers next; a header that is a function is asked when it does."""
        self.faults.extend([(status, headers or {}, body or {"message": "scripted"})] * times)

    def _handler(self):
        forge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with forge.changed:
                    body = json.loads(raw) if raw else None
                    forge.requests.append((self.command, self.path, headers, body))
                    status, more, answer = forge.answer(self.command, self.path, headers, body)
                    forge.changed.notify_all()
                text = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json", "content-length": str(len(text)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(text)
                except OSError:
                    pass  # Whoever asked has gone.

            do_PATCH = do_POST
            do_GET = do_POST

        return Handler

    def _may(self, headers):
        given = {"gitlab": headers.get("private-token"), "gitea": headers.get("authorization", "").removeprefix("token ")}
        return given.get(self.kind, headers.get("authorization", "").removeprefix("Bearer ")) == self.token

    def answer(self, method, path, headers, body):
        if self.kind == "github-check" and path == "/app/installations/42/access_tokens":
            return self.mint(headers)
        if self.faults:
            status, headers, body = self.faults.popleft()
            return status, {name: value() if callable(value) else value for name, value in headers.items()}, body
        if not self._may(headers):
            return 401, {}, {"message": "Bad credentials"}
        if method == "GET" and path == self.base:
            return 200, {}, {"full_name": "acme/handbook", "description": "x" * 4000} | self.repository
        status = re.fullmatch(re.escape(self.base) + "/statuses/([0-9a-f]{40})", path)
        if status and method == "POST" and self.kind != "github-check":
            return self.take_status(status[1], body)
        if self.kind == "github-check":
            return self.take_run(method, path, body)
        return 404, {}, {"message": "Not Found"}

    def mint(self, headers):
        """Checks the App's token (RFC 7519) with its public key, as `public_key` of openssl."""
        token = headers.get("authorization", "").removeprefix("Bearer ").split(".")
        part = [base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in token]
        claims, now = json.loads(part[1]), time.time()
        with tempfile.NamedTemporaryFile() as signature:
            signature.write(part[2])
            signature.flush()
            good = subprocess.run(["openssl", "dgst", "-sha256", "-verify", self.public_key, "-signature", signature.name],
                                  input=".".join(token[:2]).encode(), capture_output=True, check=False).returncode == 0
        if not (good and json.loads(part[0])["alg"] == "RS256" and claims["iss"] == "1234"
                and now - 120 <= claims["iat"] <= now and now < claims["exp"] <= claims["iat"] + 600):
            return 401, {}, {"message": "A JSON web token could not be decoded"}
        self.minted += 1
        self.token = f"ghs_{self.minted}{'x' * 36}"
        return 201, {}, {"token": self.token, "expires_at": "2026-11-27T13:00:00Z", "permissions": {"checks": "write"}}

    def take_run(self, method, path, body):
        one = re.fullmatch(re.escape(self.base) + r"/check-runs(?:/(\d+))?", path)
        words = {"in_progress": (None,), "completed": ("success", "failure")}
        if not one or body.get("conclusion") not in words.get(body.get("status"), ()):
            return 422, {}, {"message": "Invalid request"}
        if method == "POST":
            number = len(self.runs) + 1
            sha = body["head_sha"]
        elif one[1] and int(one[1]) in self.runs:
            number = int(one[1])
            sha = self.runs[number]
        else:
            return 404, {}, {"message": "Not Found"}
        self.runs[number] = sha
        state = {"in_progress": "pending"}.get(body["status"], body.get("conclusion"))
        self.statuses.setdefault(sha, []).append({"state": state, "description": body["output"]["title"], "context": body["name"]})
        return (201 if method == "POST" else 200), {}, {"id": number, "head_sha": sha, "more": "x" * 4000}

    def take_status(self, sha, body):
        known = self.statuses.setdefault(sha, [])
        name = body.get("name" if self.kind == "gitlab" else "context")
        if self.kind == "gitlab":
            if self.locked:
                return 409, {}, {"message": "Cannot lock the pipeline"}
            if known and known[-1]["state"] == body["state"]:
                return 400, {}, {"message": f"Cannot transition status via :run from :{body['state']}"}
            words = ("pending", "running", "success", "failed", "canceled")
        else:
            words = ("pending", "success", "failure", "error")
        if body.get("state") not in words or not name or len(name) > 255:
            return 422, {}, {"message": "Validation Failed"}
        if len(body.get("description") or "") > 140:
            return 422, {}, {"message": "Validation Failed", "errors": [{"field": "description", "code": "too_long"}]}
        known.append(body)
        return 201, {}, {"id": len(self.requests), **body}

    def latest(self, sha):
        """(state, description) of a commit; None where there is none."""
        known = self.statuses.get(sha)
        return (known[-1]["state"], known[-1]["description"]) if known else None

    def await_that(self, condition, what, timeout_s=PATIENCE_S):
        with self.changed:
            if not self.changed.wait_for(condition, timeout_s):
                raise Overdue(f"{what}; the forge has: {self.statuses} {self.runs} after {self.requests[-3:]}")

    def await_status(self, sha, state, part=""):
        self.await_that(lambda: (self.latest(sha) or ("", ""))[0] == state and part in self.latest(sha)[1],
                        f"status {state} ({part}) of {sha[:12]}")
        return self.latest(sha)

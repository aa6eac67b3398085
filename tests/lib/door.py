"""imprimatur-door on a Unix socket that it is handed as systemd hands it over, and HTTP to it.

    with Door(world, repositories=[...]) as door:
        status, text = door.post("/hooks/handbook", body, {"X-Gitea-Signature": ...})
        line = door.woken("handbook")
"""

import http.client
import json
import os
import select
import socket
import subprocess
from pathlib import Path

from story import HOLDS_NOTHING_BACK, PATIENCE_S, ROOT, Overdue, wait_until

BUILD = Path(os.environ.get("BUILD", ROOT / "build"))


class _OverUnix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self.path)


class Door:
    """`repositories` as in door.json; where one has no `wake`, a socket is made that the test reads."""

    def __init__(self, world, repositories, credentials=None):
        self.folder = world.root / "door"
        self.folder.mkdir(exist_ok=True)
        self.path = str(self.folder / "socket")
        self.config = self.folder / "door.json"
        self.wakes = {}
        for repository in repositories:
            if "wake" not in repository:
                repository["wake"] = str(self.folder / f"wake-{repository['name']}")
                self.wakes[repository["name"]] = self._wake_socket(repository["wake"])
        self.config.write_text(json.dumps({"repositories": repositories}))
        self.environment = {**os.environ, **({"CREDENTIALS_DIRECTORY": str(credentials)} if credentials else {})}
        self.environment |= HOLDS_NOTHING_BACK
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.process = None

    @staticmethod
    def _wake_socket(path):
        wake = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        wake.bind(path)
        return wake

    def start(self):
        descriptor = self.listener.fileno()
        self.log = open(self.folder / "log", "ab")
        # What systemd does (sd_listen_fds(3)): descriptor 3, and the process that it is for.
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec 3<&{descriptor}; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"", "sh",
             BUILD / "imprimatur-door", "-c", self.config],
            pass_fds=[descriptor], env=self.environment, stderr=self.log, stdin=subprocess.DEVNULL)
        return self

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def said(self):
        return (self.folder / "log").read_text()

    def await_said(self, part):
        wait_until(lambda: part in self.said(), self.folder, what=f"the door's word: {part}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.listener.close()
        for wake in self.wakes.values():
            wake.close()

    def connect(self):
        return _OverUnix(self.path)

    def request(self, method, url, body=None, headers=None):
        connection = self.connect()
        connection.request(method, url, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def post(self, url, body, headers=None, content_type="application/json"):
        return self.request("POST", url, body, {"Content-Type": content_type, **(headers or {})})

    def woken(self, name, timeout_s=PATIENCE_S):
        """The next line that the daemon of that name is sent."""
        readable, _, _ = select.select([self.wakes[name]], [], [], timeout_s)
        if not readable:
            raise Overdue(f"a wake-up of {name}")
        return json.loads(self.wakes[name].recv(65536))

    def is_quiet(self, name):
        return not select.select([self.wakes[name]], [], [], 0)[0]

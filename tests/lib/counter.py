"""A handbook whose messages go to a scripted receiver, for stories about the queue."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def endpoint(receiver, name, path="/ok", **more):
    return {"name": name, "url": receiver.url(path), "allow": ["127.0.0.0/8"]} | more


class Counter:
    """A repository with a policy and a clone of an author's."""

    def __init__(self, world):
        self.world = world
        one = world.person("onc1", "Oncologist One", "one@board.example")
        self.repository, self.author = world.handbook([one])

    def configure(self, endpoints, **more):
        self.config = self.world.configure(
            self.repository, endpoints=endpoints,
            **{"ladder": [0, 3600], "timeouts": {"connect_s": 1, "total_s": 2}} | more)
        self.state = Path(json.loads(self.config.read_text())["state_directory"])
        return self.config

    def submit(self, path):
        self.author.edit(path, f"# {path}\n")
        self.author.push()

    def run(self, *arguments, **more):
        return self.world.imprimatur(*arguments, config=self.config, **more)

    def lines(self, *arguments):
        """The lines of --json of a verb that has to succeed."""
        result = self.run(*arguments, "--json")
        if result.status != 0:
            raise RuntimeError(str(result))
        return result.json

    def listed(self, *arguments):
        return self.lines("deliveries", "list", *arguments)

    def on_terminal(self, width, *arguments):
        """What a verb prints on a terminal of that width, without colours."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        with subprocess.Popen([self.world.program, "-c", str(self.config), *arguments], stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=theirs, env=self.world.env | {"TERM": "xterm", "NO_COLOR": "1"}):
            os.close(theirs)
            told = b""
            try:
                while (more := os.read(ours, 65536)):
                    told += more
            except OSError:  # a terminal's way of saying that the other side has closed it
                pass
        os.close(ours)
        return told.decode().replace("\r\n", "\n")

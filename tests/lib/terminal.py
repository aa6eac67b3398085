"""A terminal of a given size, in which a command is typed: its standard input, output and error are that terminal,
which is also the one that controls it, so that a pass phrase can be asked for there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


def plain(said):
    return ESCAPE.sub("", said)


def columns(line):
    """As a terminal counts them."""
    return sum(0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")
               else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def run(world, *command, size=(24, 80), keys="", answers=(), cwd=None, env=None):
    """Returns the exit status and all that is on the terminal. `keys` are typed at once; each of `answers` is (what to
    wait for, what to type then), in this order. A variable that is None is not there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    environment = world.env | {"TERM": "xterm"} | (env or {})
    process = subprocess.Popen([str(part) for part in command], cwd=cwd or world.root, stdin=theirs, stdout=theirs,
                               stderr=theirs, start_new_session=True,
                               env={name: value for name, value in environment.items() if value is not None},
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    os.write(ours, keys.encode())
    said, waiting, looked = b"", list(answers), 0
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # nobody has it open any more
            break
        said += part
        while waiting and waiting[0][0].encode() in said[looked:]:
            looked = said.index(waiting[0][0].encode(), looked) + len(waiting[0][0].encode())
            os.write(ours, waiting.pop(0)[1].encode())
    os.close(ours)
    return process.wait(), said.decode(errors="replace").replace("\r\n", "\n").replace("\r", "")

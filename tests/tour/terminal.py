"""A person at a real terminal: bash in tmux, who types a command and reads what stands on the screen."""

import re
import shlex
import subprocess
from pathlib import Path

from story import Overdue, wait_until

# What tmux has shown is written to a file behind it; titles set by the shell mark it without being seen.
READY, PROMPT, BEGIN = re.compile("\x1b]0;ready ([0-9]+)\x07"), "$ ", "~~~ output ~~~"


class Terminal:
    """`name` has a home of that name below the world's, and begins there; a `user` of this machine (as pwd has them) has
    their own home, and nothing of the world. `status` is the exit status of what was typed last."""

    def __init__(self, world, name, columns=80, lines=60, user=None, **env):
        self.world, self.name, self.columns, self.status = world, name, columns, None
        self.home = Path(user.pw_dir) if user else world.root / "home" / name
        if user:
            begin = ["setpriv", "--reuid", user.pw_name, "--regid", user.pw_gid, "--init-groups"]
            environment = {"USER": user.pw_name, "LOGNAME": user.pw_name, "LANG": "C.UTF-8",
                           "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        else:
            begin = []
            (self.home / ".ssh").mkdir(parents=True, exist_ok=True)
            environment = {key: value for key, value in world.env.items() if key != "GIT_CONFIG_GLOBAL"} | {
                "XDG_CONFIG_HOME": str(self.home / ".config"), "PATH": f"{Path(world.program).parent}:{world.env['PATH']}"}
        self.seen_file = world.root / "screens" / f"{name}-{columns}"
        self.seen_file.parent.mkdir(exist_ok=True)
        self.seen_file.touch()
        environment |= env | {
            "HOME": str(self.home), "PS0": BEGIN + "\n", "PS1": r"\[\e]0;ready $?\a\]" + PROMPT, "PS2": "> ",
            "PAGER": "cat", "GIT_PAGER": "cat", "HISTFILE": ""}
        self._tmux("-f", "/dev/null", "new-session", "-d", "-s", self._session, "-x", columns, "-y", lines,
                   "-c", self.home, *begin, "env", "-i", "TERM=screen",
                   *(f"{key}={value}" for key, value in environment.items()), "bash", "--norc", "--noprofile")
        self._tmux("set-option", "-t", self._session, "status", "off")
        self._tmux("set-option", "-t", self._session, "history-limit", "5000")
        # Nothing that was shown before the file was there is missed: a first command says that it is.
        self._tmux("pipe-pane", "-O", "-t", self._session, f"cat >>{shlex.quote(str(self.seen_file))}")
        self.type("true")

    @property
    def _session(self):
        return f"{self.name}-{self.columns}"

    def _tmux(self, *arguments):
        command = ["tmux", "-u", "-S", str(self.world.root / "tmux"), *(str(part) for part in arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=self.world.env).stdout

    def _seen(self):
        return self.seen_file.read_text(errors="replace")

    def _keys(self, text):
        for line in text.split("\n"):
            if line:
                self._tmux("send-keys", "-t", self._session, "-l", "--", line)
            self._tmux("send-keys", "-t", self._session, "Enter")

    def _await(self, text, begin):
        try:
            return wait_until(lambda: re.search(text, self._seen()[begin:]), self.seen_file.parent)
        except Overdue:
            raise Overdue(f"{text} did not come on the screen of {self.name}:\n{self._seen()[begin:]}") from None

    def type(self, command, *answers):
        """Types a command, and an answer to each question as it is asked, as pairs (its words, what is typed).
        Returns what it left on the screen, when the prompt is back."""
        begin = len(self._seen())
        self._keys(command)
        self._await(BEGIN, begin)
        begin += self._seen()[begin:].rindex(BEGIN)
        for question, answer in answers:
            self._await(re.escape(question), begin)
            begin += self._seen()[begin:].index(question) + len(question)
            self._keys(answer)
        self.status = int(self._await(READY, begin)[1])
        wait_until(lambda: self._seen()[begin:].endswith(PROMPT), self.seen_file.parent)
        screen = self._tmux("capture-pane", "-p", "-S", "-", "-t", self._session).rstrip()
        return re.sub(r"(^|\n)\$$", "", screen.rpartition(BEGIN)[2].strip("\n"))


def end(world):
    subprocess.run(["tmux", "-S", str(world.root / "tmux"), "kill-server"], check=False, capture_output=True)

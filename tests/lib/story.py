"""What a system test is told with: a Story that speaks TAP, and a World to tell it in.

    with Story("An approved article is published") as story, World() as world:
        one = world.person("onc1", "Oncologist One", "one@board.example")
        handbook = world.bare("handbook")
        author = world.clone(handbook, "author")
        author.publish_policy(world.policy([one]))
        author.edit("content/a.md", "# A\n")
        author.push()
        ...
        story.equal(world.ledger(handbook)[-1]["State"], "Approved", "one approval is enough")

The World is a temporary directory with its own home, git configuration, keys and moment; it is removed at the
end unless KEEP=1. Everything in it is real: git, ssh-keygen, the program. Nothing here passes time: what has to
be waited for is a datagram, the end of a process, or a change of a file.
"""

import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 30
# For what measures memory: that which a sanitizer holds back after it was freed is not the program's.
HOLDS_NOTHING_BACK = {"ASAN_OPTIONS": ":".join(
    filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1:thread_local_quarantine_size_kb=64")))}
# For git fast-import: it would give memory back to the kernel and ask for it again with each object, which on a
# virtual machine can take far longer than all that it does beside.
KEEPS_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_TOP_PAD_": str(1 << 23)}
# Every story begins here unless it says otherwise.
MORNING = "2026-11-23T09:14:07Z"
ROOT = Path(__file__).resolve().parents[2]


class Story:
    """Numbered claims on standard output, as TAP. An exception is a failed claim, with its traceback."""

    def __init__(self, title, out=None):
        self.out = out or sys.stdout
        self.faults = []  # of threads, which nobody would hear of otherwise
        self.hook, threading.excepthook = threading.excepthook, self._thread_fails
        self.claims = self.failures = 0
        self._say(f"# {title}")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, Exception):
            self.ok(False, f"the story was told to its end ({kind.__name__})",
                    "".join(traceback.format_exception(kind, error, trace)))
        elif kind is not None:
            return False
        self.done()

    def ok(self, condition, name, diagnostics=None):
        """Claims `name`; where it is false the diagnostics, any value, are shown. Returns the verdict."""
        self.claims += 1
        self._say(f"{'ok' if condition else 'not ok'} {self.claims} - {name}".replace("\n", " ").replace("#", "\\#"))
        if not condition:
            self.failures += 1
            if diagnostics is not None:
                self.note(diagnostics if isinstance(diagnostics, str) else repr(diagnostics))
        return bool(condition)

    def equal(self, actual, expected, name):
        return self.ok(actual == expected, name, f"expected: {expected!r}\n  actual: {actual!r}")

    def skip(self, name, reason):
        """A claim that cannot be looked at here."""
        self.claims += 1
        self._say(f"ok {self.claims} - {name} # SKIP {reason}")

    def note(self, text):
        for line in str(text).splitlines():
            self._say(f"# {line}")

    def done(self):
        """Says the plan and ends the process: 0 if every claim held, and no thread failed, 1 otherwise."""
        threading.excepthook = self.hook
        for fault in self.faults:
            self.ok(False, "every thread came to its end", fault)
        self._say(f"1..{self.claims}")
        sys.exit(1 if self.failures or not self.claims else 0)

    def _thread_fails(self, arguments):
        self.faults.append("".join(traceback.format_exception(*arguments[:3])))

    def _say(self, line):
        print(line, file=self.out, flush=True)


def skip_all(reason):
    """Ends the test as one that cannot run here."""
    print(f"1..0 # SKIP {reason}", flush=True)
    sys.exit(0)


# What GLib says to whoever calls it wrongly: a mistake in the program, whatever it was asked.
_MISUSE = re.compile(r"GLib(-\w+)?-(WARNING|CRITICAL)|GError set over the top|assertion '.*' failed")


class Misuse(Exception):
    """The program called a library wrongly."""


def in_namespaces(script, *kinds, setup='exec "$0" "$@"'):
    """Runs the script again, with the argument "inside", where what it mounts (`--net`: and its network) is its own,
    after a line of shell; ends as it does. Skips, with the reason, where the kernel or a container does not let us."""
    enter = ["unshare", "--mount", "--propagation", "private", *kinds, "sh", "-c"]
    tried = subprocess.run([*enter, setup, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        skip_all(f"namespaces of its own are not allowed here: {tried.stderr.strip() or 'no reason given'}")
    sys.exit(subprocess.run([*enter, setup, sys.executable, "-B", script, "inside"], check=False).returncode)


class Overdue(Exception):
    """What was awaited did not come."""


class _Patience:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())


class _FileEvents:
    """inotify over directories and all below them, but for git's objects: what matters moves a ref."""

    _CHANGES = 0x2 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200  # MODIFY, CLOSE_WRITE, MOVED_*, CREATE, DELETE

    def __init__(self, roots):
        self.roots = roots
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")

    def arm(self):
        """Watches also what has come into being since; a directory that vanishes meanwhile is left out."""
        for root in self.roots:
            for folder, below, _ in os.walk(root):
                below[:] = [name for name in below if name != "objects"]
                self.libc.inotify_add_watch(self.fd, os.fsencode(folder), self._CHANGES)

    def wait(self, seconds):
        """False: nothing happened in that time."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        os.read(self.fd, 65536)
        return True

    def close(self):
        os.close(self.fd)


def wait_until(condition, *folders, what="what was awaited", timeout_s=PATIENCE_S):
    """Returns the first true value of condition(), asked now and after each change below the folders."""
    patience, events = _Patience(timeout_s), _FileEvents(folders)
    try:
        while True:
            events.arm()
            value = condition()
            if value:
                return value
            if not events.wait(patience.left()):
                value = condition()
                if value:
                    return value
                raise Overdue(f"{what} did not come within {timeout_s} s")
    finally:
        events.close()


@dataclass
class Person:
    """Somebody in the policy, with an ssh-ed25519 key of their own."""

    id: str
    name: str
    email: str
    roles: tuple = ("reviewer",)
    specialties: tuple = ()
    more: dict = field(default_factory=dict)  # further keys of the policy: capacity, away, credentials_until
    key: Path = None  # the private key's file; its public half lies beside it

    @property
    def public_key(self):
        return " ".join(Path(f"{self.key}.pub").read_text().split()[:2])

    @property
    def in_policy(self):
        entry = {"id": self.id, "name": self.name, "emails": [self.email], "roles": list(self.roles)}
        if self.specialties:
            entry["specialties"] = list(self.specialties)
        return entry | self.more

    @property
    def signer(self):
        return f'{self.email} namespaces="git" {self.public_key}'


@dataclass
class Policy:
    """The files that the authority signs, a keyring among them if there is one; change any before publishing."""

    json: dict
    signers: list
    text: str = "# Editorial policy\n\nEvery page is reviewed for accuracy by the board.\n"
    keyring: str = None


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self):
        """The lines of --json."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self):
        return f"exit status {self.status}\n{self.out}\n{self.err}"


class World:
    """A scratch machine: see the module."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="imprimatur-"))
        self.program = os.environ.get("IMPRIMATUR", str(ROOT / "build" / "imprimatur"))
        self.daemons = []
        for folder in ("home", "keys", "run"):
            (self.root / folder).mkdir(mode=0o700)
        (self.root / "gitconfig").write_text(
            "[user]\n\tname = A. Author\n\temail = author@example.org\n[init]\n\tdefaultBranch = main\n"
            "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[receive]\n\tautogc = false\n"
            "[advice]\n\tdetachedHead = false\n[gpg]\n\tformat = ssh\n")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(
            ("GIT_", "SSH_", "XDG_", "IMPRIMATUR", "NOTIFY_", "WATCHDOG_", "CREDENTIALS_", "STATE_", "RUNTIME_",
             "JOURNAL_", "LC_", "http", "HTTP"))}
        self.env = inherited | {
            "HOME": str(self.root / "home"), "XDG_CONFIG_HOME": str(self.root / "home/.config"),
            "XDG_RUNTIME_DIR": str(self.root / "run"), "GIT_CONFIG_GLOBAL": str(self.root / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.authority = self.person("authority", "The Authority", "board@authority.example")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
        if os.environ.get("KEEP") == "1":
            print(f"# kept: {self.root}", flush=True)
        logs = [daemon.log for daemon in self.daemons if _MISUSE.search(daemon.log)]
        if os.environ.get("KEEP") != "1":
            shutil.rmtree(self.root, ignore_errors=True)
        if logs:
            raise Misuse("\n".join(logs))

    def run(self, *command, cwd=None, env=None, text_in=None, check=True):
        """Runs a command in this world; raises with what it said unless it succeeds or check is False."""
        done = subprocess.run([str(part) for part in command], cwd=cwd or self.root, env=self.env | (env or {}),
                              input=text_in, stdin=None if text_in is not None else subprocess.DEVNULL,
                              capture_output=True, text=True, errors="surrogateescape", timeout=300, check=False)
        result = Result(done.returncode, done.stdout, done.stderr)
        if _MISUSE.search(result.err):
            raise Misuse(f"{' '.join(map(str, command))}: {result}")
        if check and result.status != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {result}")
        return result

    def git(self, where, *arguments, env=None, text_in=None):
        """Runs git in a repository; returns its output without the last newline."""
        return self.run("git", "-C", where, *arguments, env=env, text_in=text_in).out.removesuffix("\n")

    # People and policy

    def person(self, id, name, email, roles=("reviewer",), specialties=(), **more):
        return Person(id, name, email, tuple(roles), tuple(specialties), more, self.new_key(id))

    def new_key(self, name, *options):
        """Makes a key pair (ed25519 unless the options say `-t`); returns the private key's file."""
        path = self.root / "keys" / name
        self.run("ssh-keygen", "-q", *(options or ("-t", "ed25519")), "-N", "", "-C", name, "-f", path)
        return path

    def policy(self, people, rules=None, version=1, articles=("content/**/*.md",), **more):
        """A policy of the repository `handbook` (`name=` for another): by default one approval for everything."""
        return Policy({"name": "handbook", "version": version, "articles": list(articles)} | more
                      | {"people": [person.in_policy for person in people],
                         "rules": rules or [{"paths": ["**"], "approvals": 1}]},
                      [person.signer for person in people])

    @property
    def authority_file(self):
        path = self.root / "authority"
        path.write_text(f'{self.authority.email} namespaces="imprimatur-policy" {self.authority.public_key}\n')
        return path

    # Repositories

    def bare(self, name, shared=None):
        path = self.root / f"{name}.git"
        self.run("git", "init", "-q", "--bare", "-b", "main", *([f"--shared={shared}"] if shared else []), path)
        return path

    def clone(self, repository, name):
        """A clone of somebody's own, on the branch main."""
        path = self.root / "clones" / name
        path.parent.mkdir(exist_ok=True)
        self.run("git", "clone", "-q", repository, path)
        return Clone(self, path)

    def handbook(self, people):
        """A repository with a policy of these people, and the clone of its author."""
        repository = self.bare("handbook")
        author = self.clone(repository, "author")
        author.publish_policy(self.policy(people))
        author.push()
        return repository, author

    def tip(self, repository, ref):
        """The id that a ref of a git directory names, or None. Read from its file where it has one: a story asks
        hundreds of times, and a process costs more than all that it does."""
        try:
            said = (Path(repository) / ref).read_text().strip()
        except OSError:
            said = ""
        if said.startswith("ref: "):
            return self.tip(repository, said.removeprefix("ref: "))
        if re.fullmatch("[0-9a-f]{40}", said):
            return said
        return self.run("git", "-C", repository, "rev-parse", "-q", "--verify", ref, check=False).out.strip() or None

    def ledger(self, repository, ref="refs/imprimatur/ledger"):
        """The entries, oldest first, each a dict of its trailers with `oid` and `subject`; Requested and
        Review-Branch are lists. Without a ledger there are no entries."""
        if not self.tip(repository, ref):
            return []
        log = self.git(repository, "log", "-z", "--reverse", "--format=%H%n%B", ref)
        return [_parse_entry(commit) for commit in log.split("\0") if commit]

    def await_ledger(self, repository, condition, timeout_s=PATIENCE_S):
        """Waits until condition(entries) is true; returns the entries."""
        seen, at = [], []

        def satisfied():
            tip = self.tip(repository, "refs/imprimatur/ledger")
            if at != [tip]:
                seen[:], at[:] = self.ledger(repository), [tip]
            return condition(seen)

        try:
            wait_until(satisfied, Path(repository), timeout_s=timeout_s)
        except Overdue:
            told = "\n".join(f"{entry.get('Event')}: {entry['subject']}" for entry in seen)
            logs = "\n".join(daemon.log for daemon in self.daemons)
            raise Overdue(f"after {timeout_s} s the ledger says:\n{told}\nand the daemon said:\n{logs}") from None
        return list(seen)

    # The program

    def configure(self, repository, file="imprimatur.json", **keys):
        """Writes a configuration of the repository; a key that is None is left out. Returns its path."""
        name = Path(repository).name.removesuffix(".git")
        state = self.root / "state" / Path(file).stem
        state.mkdir(mode=0o750, parents=True, exist_ok=True)
        settings = {"name": name, "repository": str(repository), "authority": str(self.authority_file),
                    "state_directory": str(state)} | keys
        path = self.root / file
        path.write_text(json.dumps({key: value for key, value in settings.items() if value is not None}, indent=2))
        path.chmod(0o600)
        return path

    def imprimatur(self, *arguments, config=None, now=None, cwd=None, env=None, text_in=None):
        """Runs a verb, at a moment (RFC 3339) if one is given; any exit status is a result."""
        moment = {"IMPRIMATUR_NOW": now} if now else {}
        if not {"once", "daemon"} & set(arguments):  # whose own warnings are for the log
            moment["G_DEBUG"] = "fatal-warnings"
        return self.run(self.program, *(["-c", config] if config else []), *arguments, cwd=cwd,
                        env=moment | (env or {}), text_in=text_in, check=False)

    def daemon(self, config, env=None, command=None):
        """Starts the daemon; it is killed, at the latest, with the world. Call await_ready() on it."""
        daemon = Daemon(self, command or [self.program, "-c", config, "daemon"], env or {})
        self.daemons.append(daemon)
        return daemon


def _parse_entry(commit):
    oid, _, message = commit.partition("\n")
    entry = {"oid": oid, "subject": message.partition("\n")[0], "Requested": [], "Review-Branch": []}
    for line in message.rstrip("\n").rpartition("\n\n")[2].splitlines():
        key, _, value = line.partition(": ")
        if isinstance(entry.get(key), list):
            entry[key].append(value)
        elif key in entry:
            raise ValueError(f"{oid}: the trailer {key} appears twice")
        else:
            entry[key] = value
    return entry


class Clone:
    """A work tree: what authors and reviewers do in theirs, by real git. A moment is RFC 3339; git's own clock
    serves where none is given."""

    def __init__(self, world, path):
        self.world, self.path = world, path

    def git(self, *arguments, env=None, text_in=None):
        return self.world.git(self.path, *arguments, env=env, text_in=text_in)

    def write(self, path, content):
        """Writes and stages a file; content is text or bytes."""
        self.write_all({path: content})

    def write_all(self, contents):
        """Writes and stages many files, by path, with one git: each git reads and writes the whole index."""
        for path, content in contents.items():
            target = self.path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        if contents:  # no path at all would be every path
            self.git("add", "--pathspec-from-file=-", "--pathspec-file-nul", text_in="\0".join(contents))

    def remove(self, path):
        self.git("rm", "-q", "--", path)

    def move(self, path, to):
        (self.path / to).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", "--", path, to)

    def commit(self, message, at=None, author=None, options=()):
        """Commits what is staged, as the author of the world or a Person; returns the commit's id."""
        self.git("commit", "-q", "-m", message, *options, env=_signature(author, at))
        return self.head()

    def edit(self, path, content, message=None, at=None, author=None):
        """Writes one file and commits it."""
        self.write(path, content)
        return self.commit(message or f"Write {path}", at, author)

    def head(self):
        """The id of the commit that is checked out."""
        return self.world.tip(self.path / ".git", "HEAD")

    def version(self, path, commit="HEAD"):
        return self.git("rev-parse", f"{commit}:{path}")

    def push(self, *refspecs, force=False):
        self.git("push", "-q", *(["--force"] if force else []), "origin", *(refspecs or ("HEAD",)))

    def pull(self):
        """The watched branch as it is at the origin now."""
        self.git("fetch", "-q", "origin", "+refs/imprimatur/*:refs/imprimatur/*", "+refs/heads/*:refs/remotes/origin/*")
        self.git("checkout", "-q", "-B", "main", "origin/main")

    def write_policy(self, policy):
        """Writes and stages the policy's folder: manifest by sha256sum, signed by the authority."""
        self.write(".imprimatur/policy.json", json.dumps(policy.json, indent=2) + "\n")
        self.write(".imprimatur/allowed_signers", "".join(f"{line}\n" for line in policy.signers))
        self.write(".imprimatur/POLICY.md", policy.text)
        if policy.keyring is not None:
            self.write(".imprimatur/keyring.asc", policy.keyring)
        self.sign_policy()

    def sign_policy(self, key=None, namespace="imprimatur-policy"):
        """Makes and stages manifest and manifest.sig for the folder as it is, with the authority's key or another."""
        folder = self.path / ".imprimatur"
        keyring = ["keyring.asc"] if (folder / "keyring.asc").exists() else []
        manifest = self.world.run("sha256sum", "POLICY.md", "allowed_signers", *keyring, "policy.json", cwd=folder).out
        self.write(".imprimatur/manifest", manifest)
        (folder / "manifest.sig").unlink(missing_ok=True)
        self.world.run("ssh-keygen", "-q", "-Y", "sign", "-f", key or self.world.authority.key, "-n", namespace,
                       "manifest", cwd=folder)
        self.git("add", "--", ".imprimatur/manifest.sig")

    def publish_policy(self, policy, at=None, author=None):
        """write_policy and a commit; returns its id."""
        self.write_policy(policy)
        return self.commit(f"Policy {policy.json['version']}", at, author)

    def decide(self, person, verdict, *articles, at=None, message="Read.", interests="none", of=None, branch=None,
               key=None, trailers=(), options=("-S",), push=True):
        """Makes a person's decision commit, as the record asks for, and pushes it; returns its id.

        An approval names the text in HEAD unless an article says `PATH@VERSION` itself, and declares `interests`
        unless None. With a branch, the commit is made there, on top of HEAD, and HEAD comes back; further
        trailers are `Key: value`."""
        lines = [f"Review: {verdict}"]
        for article in articles:
            pinned = verdict == "approve" and "@" not in article
            lines.append(f"Article: {article}@{self.version(article)}" if pinned else f"Article: {article}")
        if verdict == "approve" and interests is not None:
            lines.append(f"Competing-Interests: {interests}")
        if of:
            lines.append(f"Of: {of if isinstance(of, str) else of.id}")
        if branch:
            back = self.git("symbolic-ref", "--short", "HEAD")
            self.git("checkout", "-q", "-B", branch)
        try:
            self.git("-c", f"user.signingkey={key or person.key}", "commit", "-q", "--allow-empty", *options,
                     "-m", message, *(f"--trailer={line}" for line in [*lines, *trailers]), env=_signature(person, at))
            commit = self.head()
            if push:
                self.push()
            return commit
        finally:
            if branch:
                self.git("checkout", "-q", back)


def _signature(person, at):
    env = {}
    if person:
        env |= {"GIT_AUTHOR_NAME": person.name, "GIT_AUTHOR_EMAIL": person.email,
                "GIT_COMMITTER_NAME": person.name, "GIT_COMMITTER_EMAIL": person.email}
    if at:
        env |= {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    return env


class Daemon:
    """A running daemon, whose NOTIFY_SOCKET is ours. Its standard error goes to a file: `log`."""

    def __init__(self, world, command, env):
        number = len(world.daemons)
        self.notices = []  # every assignment heard, in order: "READY=1", "STATUS=..."
        self.heard = 0     # how many of them have been waited for
        self.log_path = world.root / f"daemon-{number}.log"
        address = str(world.root / "run" / f"notify-{number}")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.socket.bind(address)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([str(part) for part in command], env=world.env | env
                                            | {"NOTIFY_SOCKET": address}, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=world.root)
        self.pidfd = os.pidfd_open(self.process.pid)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def await_notice(self, matches, what, timeout_s=PATIENCE_S):
        """Waits for the next notice, of those not yet waited for, that matches(notice); returns it."""
        patience = _Patience(timeout_s)
        while True:
            while self.heard < len(self.notices):
                self.heard += 1
                if matches(self.notices[self.heard - 1]):
                    return self.notices[self.heard - 1]
            ready = select.select([self.socket, self.pidfd], [], [], patience.left())[0]
            if self.socket in ready:
                self.notices += self.socket.recv(65536).decode(errors="replace").splitlines()
            elif ready:
                raise Overdue(f"the daemon ended ({self.process.wait()}) before {what}:\n{self.log}")
            else:
                raise Overdue(f"no {what} within {timeout_s} s; heard {self.notices}:\n{self.log}")

    def await_ready(self, timeout_s=PATIENCE_S):
        self.await_notice(lambda notice: notice == "READY=1", "READY=1", timeout_s)
        return self

    def await_status(self, part, timeout_s=PATIENCE_S):
        """The next STATUS= that contains `part`."""
        return self.await_notice(lambda notice: notice.startswith("STATUS=") and part in notice,
                                 f"STATUS with {part!r}", timeout_s)

    def reload(self):
        """SIGHUP; returns when the daemon has said RELOADING and is READY again."""
        self.process.send_signal(signal.SIGHUP)
        self.await_notice(lambda notice: notice == "RELOADING=1", "RELOADING=1")
        return self.await_ready()

    def await_end(self, timeout_s=PATIENCE_S):
        """Waits for the process to end by itself; returns its exit status (negative: a signal)."""
        if not select.select([self.pidfd], [], [], timeout_s)[0]:
            raise Overdue(f"the daemon runs on after {timeout_s} s:\n{self.log}")
        return self.process.wait()

    def stop(self, timeout_s=5):
        """SIGTERM, and the exit status; it has five seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.await_end(timeout_s)

    def kill(self):
        """SIGKILL, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

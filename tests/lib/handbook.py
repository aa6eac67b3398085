"""A repository under review and its clock: the stories of the record are told with it.

Every act (a commit, a decision, a pass) takes a minute, so that each has a moment of its own and a story has the
same moments whenever it is told. Passes are `imprimatur once`; what is sent nowhere is read from the outbox."""

import copy
import json
import re
import shutil
import sqlite3
from datetime import datetime, timedelta, timezone

from story import MORNING

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
# 24 bytes, as a receiver would have them.
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBzdG9yeSwgMjQgYg=="
LEDGER = "refs/imprimatur/ledger"
ENDPOINT = {"name": "all", "url": "https://hooks.example.org/all", "secret": SECRET}


class Handbook:
    def __init__(self, world, people=(), name="handbook", settings=None, **policy):
        """A bare repository, a clone of its author's, a configuration; with people, the policy that names them
        is committed (as the author's first commit) but not pushed yet."""
        self.world = world
        world.books = [*getattr(world, "books", []), self]
        self.bare = world.bare(name)
        self.author = world.clone(self.bare, name)
        self.config = world.configure(self.bare, file=f"{name}.json", **{"name": "handbook", "endpoints": [ENDPOINT]}
                                      | (settings or {}))
        self.state_directory = world.root / "state" / name
        self.moment = datetime.strptime(MORNING, MOMENT)
        self.read = 0   # entries that new() has given
        self.heard = 0  # the same of events
        self.policy = None
        if people:
            self.policy = world.policy(people, **policy)
            self.publish()

    def twin(self, name):
        """Another with the same repository and state, which goes its own way; the author's clone is shared."""
        twin = copy.copy(self)
        twin.bare = self.world.root / f"{name}.git"
        twin.state_directory = self.world.root / "state" / name
        shutil.copytree(self.bare, twin.bare)
        shutil.copytree(self.state_directory, twin.state_directory)
        settings = json.loads(self.config.read_text())
        twin.config = self.world.root / f"{name}.json"
        twin.config.write_text(json.dumps(settings | {"repository": str(twin.bare),
                                                      "state_directory": str(twin.state_directory)}))
        twin.config.chmod(0o600)
        return twin

    # The clock

    @property
    def now(self):
        return self.moment.strftime(MOMENT)

    def after(self, **span):
        """The moment that is so much later than now; the clock stands."""
        return (self.moment + timedelta(**span)).strftime(MOMENT)

    def pass_time(self, **span):
        self.moment += timedelta(**(span or {"minutes": 1}))
        return self.now

    # What authors and reviewers do

    def publish(self, push=False, **changes):
        """Commits the policy; changes are of policy.json."""
        self.policy.json |= changes
        commit = self.author.publish_policy(self.policy, at=self.pass_time())
        return self._pushed(commit, push)

    def amend(self, **changes):
        """The next version of the policy, pushed."""
        return self.publish(push=True, version=self.policy.json["version"] + 1, **changes)

    def write(self, *paths, text=None, by=None, push=True, **files):
        """Commits a text (by default one of its own for each moment) at each path, and pushes it."""
        self.pass_time()
        self.author.write_all({path: text if text is not None else f"# {path}\n\nWritten {self.now}.\n" for path in paths})
        return self._pushed(self.author.commit("Write", at=self.now, author=by), push)

    def remove(self, *paths, push=True):
        for path in paths:
            self.author.remove(path)
        return self.commit("Remove", push)

    def move(self, path, to, push=True):
        self.author.move(path, to)
        return self.commit("Move", push)

    def commit(self, message="Edit", push=True, by=None, options=()):
        return self._pushed(self.author.commit(message, at=self.pass_time(), author=by, options=options), push)

    def decide(self, person, verdict, *articles, **more):
        return self.author.decide(person, verdict, *articles, **{"at": self.pass_time()} | more)

    def approve(self, *people, article="content/a.md", **more):
        for person in people:
            self.decide(person, "approve", article, **more)

    def _pushed(self, commit, push):
        if push:
            self.author.push()
        return commit

    # What git would not make

    def forge(self, message, by, key=None, at=None, parents=None, tree=None, author=None, namespace="git",
              before=lambda payload: payload, after=lambda commit: commit, headers="", branch=None):
        """Writes a commit object by hand: `before` changes what is signed, `after` the signed object. Without a key
        it is not signed; headers stand after the committer. Pushed to the branch, if one is named. Returns its id."""
        seconds = int(datetime.strptime(at or self.pass_time(), MOMENT).replace(tzinfo=timezone.utc).timestamp())
        git = self.author.git
        parents = [git("rev-parse", "HEAD")] if parents is None else parents
        tree = tree or git("rev-parse", f"{parents[0]}^{{tree}}")
        ident = f"{by.name} <{by.email}> {seconds} +0000"
        payload = before("".join([f"tree {tree}\n", *(f"parent {parent}\n" for parent in parents),
                                  f"author {author or ident}\n", f"committer {ident}\n", headers, "\n", message]))
        commit = after(self.signed(payload, key, namespace) if key else payload)
        oid = self.write_commit(commit)
        if branch:
            self.author.push(f"+{oid}:refs/heads/{branch}")
        return oid

    def signed(self, payload, key, namespace="git"):
        """The commit object with a signature of it, where git puts it: before the empty line."""
        return with_signature(payload, self.signature(payload, key, namespace))

    def signature(self, payload, key, namespace="git"):
        return self.world.run("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace, text_in=payload).out

    def write_commit(self, commit):
        return self.author.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", text_in=commit)

    def read_commit(self, commit):
        return self.author.git("cat-file", "commit", commit) + "\n"

    # What the program does

    def once(self, status=0, crash=None, env=None, **options):
        """One pass, a minute later; returns its report. Any other exit status is a failure of the story."""
        now = self.pass_time()
        env = (env or {}) | ({"IMPRIMATUR_CRASH_AT": crash} if crash else {})
        result = self.world.imprimatur("--json", "once", config=self.config, now=now, env=env, **options)
        if result.status != status:
            raise RuntimeError(f"once at {now}: {result}")
        return result.json[0] if result.out else None

    def ledger(self):
        return self.world.ledger(self.bare)

    def new(self):
        """The entries since it was last asked."""
        entries = self.ledger()[self.read:]
        self.read += len(entries)
        return entries

    def passed(self, **options):
        """One pass, and what it recorded, in brief."""
        self.once(**options)
        return [brief(entry) for entry in self.new()]

    def state(self, path="content/a.md"):
        """The article's as the ledger says, `State` or `State (reason)`."""
        last = [entry for entry in self.ledger() if entry.get("Article") == path][-1]
        return last["State"] + (f" ({last['Reason']})" if "Reason" in last else "")

    def approved(self, ref="approved"):
        """The approved branch: contents by path, or None."""
        if not self.tip(ref):
            return None
        listed = self.world.git(self.bare, "ls-tree", "-r", "-z", ref).split("\0")[:-1]
        wrong = [line for line in listed if not line.startswith("100644 blob ")]
        if wrong:
            raise RuntimeError(f"on the approved branch: {wrong}")
        files = [line[len("100644 blob "):].split("\t", 1) for line in listed]
        return {path: self.world.git(self.bare, "cat-file", "blob", oid) for oid, path in files}

    def tip(self, ref):
        return self.world.tip(self.bare, ref) or ""

    # What is kept

    def query(self, sql, *values):
        with sqlite3.connect(f"file:{self.state_directory / 'index.db'}?mode=ro", uri=True) as database:
            database.text_factory = lambda text: text.decode(errors="surrogateescape")
            return database.execute(sql, values).fetchall()

    def events(self, endpoint="all"):
        """(id, body) of everything in the outbox for the endpoint, in order; the body is bytes."""
        return self.query("SELECT d.event, m.body FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
                          " WHERE d.endpoint = ? ORDER BY d.id", endpoint)

    def told(self, *types):
        """The messages of these types (patterns of re; all) since it was last asked, each with its `id`."""
        events = self.events()[self.heard:]
        self.heard += len(events)
        messages = [json.loads(body) | {"id": event} for event, body in events]
        return [message for message in messages
                if not types or any(re.fullmatch(kind, message["type"]) for kind in types)]

    def articles(self):
        """Everything that the index holds about articles, for comparing."""
        tables = {"article": "path", "standing": "path, position", "request": "path, position",
                  "earlier_version": "path, version", "last_date": "path, person", "entry": "path, place"}
        return {table: self.query(f"SELECT * FROM {table} ORDER BY {order}") for table, order in tables.items()}


def follow(story, world):
    """What all handbooks of a world recorded follows from their histories and policies, says the program's own replay,
    which only misses a signature of the ledger itself."""
    for book in world.books:
        result = world.imprimatur("verify", config=book.config)
        story.ok(result.status == 1 and "consistent, origin not proved" in result.out + result.err,
                 f"the ledger of {book.bare.name} follows from its history", result.out + result.err)


def brief(entry):
    """`event [refusal] [article] [by person]: State (reason) [problem]`."""
    words = [entry["Event"], entry.get("Refusal"), entry.get("Article"),
             f"by {entry['Person']}" if "Person" in entry else None]
    told = " ".join(word for word in words if word)
    if "State" not in entry:
        return told
    state = entry["State"] + (f" ({entry['Reason']})" if "Reason" in entry else "")
    return f"{told}: {state}" + (f" [{entry['Problem']}]" if "Problem" in entry else "")


def with_signature(payload, armored, header="gpgsig"):
    head, _, message = payload.partition("\n\n")
    folded = armored.rstrip("\n").replace("\n", "\n ")
    return f"{head}\n{header} {folded}\n\n{message}"


def without_signature(commit):
    """The signed object as it was before it was signed."""
    head, _, message = commit.partition("\n\n")
    return re.sub(r"\ngpgsig [^\n]*(\n [^\n]*)*", "", head) + "\n\n" + message


def armored_signature(commit):
    found = re.search(r"\ngpgsig ([^\n]*(?:\n [^\n]*)*)", commit.partition("\n\n")[0])
    return found[1].replace("\n ", "\n") + "\n"

#!/usr/bin/env -S python3 -B
"""Anybody can check the record: a ledger that was not touched follows from history and policies, one that was touched in
any single way does not.

The mutations are drawn from MUTATIONS (how many, 60) and SEED (1): each is one change of one entry, with what stands
elsewhere about it changed alike where a forger would, the chain rewritten from there on, and half of them signed again
by a key that is not the ledger's. What the replay finds does not depend on signatures, so it is also what is found in
a ledger that nobody signed: how many of each kind is said."""

import json
import os
import random
import re
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from handbook import LEDGER, MOMENT, Handbook, armored_signature, brief, with_signature, without_signature
from story import ROOT, Story, World

MUTATIONS = int(os.environ.get("MUTATIONS", "60"))
SEED = int(os.environ.get("SEED", "1"))


def a_rich_little_history(world, ledger_key):
    """Four people, rounds, objections, an expiry, a second policy, refusals, review branches, a removal."""
    one = world.person("one", "One", "one@board.example", specialties=("oncology",))
    two = world.person("two", "Two", "two@board.example")
    three = world.person("three", "Three", "three@board.example", capacity=1)
    editor = world.person("ed", "Editor", "ed@example.org", roles=("editor",))
    public = " ".join(Path(f"{ledger_key}.pub").read_text().split()[:2])
    rules = [{"paths": ["content/oncology/**"], "specialty": "oncology", "approvals": 2, "specialists": 1,
              "valid_months": 1}, {"paths": ["**"], "approvals": 1}]
    book = Handbook(world, [one, two, three, editor], rules=rules, ledger_key=public,
                    settings={"signing_key": f"file:{ledger_key}"})
    book.write("content/old.md")
    book.once()
    book.write("content/a.md", "content/b.md", "content/oncology/c.md")
    book.once()
    book.decide(one, "claim", "content/oncology/c.md")
    book.approve(two, article="content/oncology/c.md")
    book.decide(editor, "request-changes", "content/a.md", message="The doses are missing.")
    book.once()
    book.approve(one, article="content/oncology/c.md")
    book.approve(three)
    book.decide(editor, "approve", "content/b.md")
    book.once()
    book.decide(editor, "dismiss", "content/a.md", of=editor)
    book.write("content/b.md", by=two)
    book.approve(two, article="content/b.md")
    book.once()
    book.decide(three, "decline", "content/b.md")
    book.decide(one, "comment", "content/b.md", "content/a.md")
    book.decide(three, "approve", "content/b.md@" + "0" * 40)
    book.once()
    book.decide(one, "approve", "content/b.md", branch="review/one/b")
    book.author.push("review/one/b")
    book.once()
    book.pass_time(days=40)
    book.once()
    four = world.person("four", "Four", "four@board.example")
    book.policy.json["people"] = [person.in_policy for person in (one, two, editor, four)]
    book.policy.signers = [person.signer for person in (one, two, editor, four)]
    book.amend()
    book.once()
    book.remove("content/old.md")
    book.decide(four, "claim", "content/oncology/c.md")
    book.decide(editor, "retract", "content/b.md")
    book.once()
    book.approve(four, article="content/oncology/c.md")
    book.approve(one, article="content/oncology/c.md")
    book.once()
    book.people = (one, two, three, editor, four)
    return book


def verify(world, where, authority=True, now=None):
    options = ["--authority", world.authority_file] if authority else []
    return world.imprimatur("-C", where, "--json", "verify", *options, now=now)


# Ledgers that were touched


class Forge:
    """Rewrites the chain with git's plumbing. Entries are commit objects as text, oldest first."""

    def __init__(self, world, book, key, rng):
        self.world, self.book, self.key, self.rng = world, book, key, rng
        self.git = lambda *arguments, **more: world.git(book.bare, *arguments, **more)
        self.ids = self.git("rev-list", "--reverse", LEDGER).split()
        self.commits = [without_signature(self.git("cat-file", "commit", oid) + "\n") for oid in self.ids]

    def write(self, kind, text):
        return self.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", text_in=text)

    def rewrite(self, commits, first, parent_of_first=None):
        """The chain with these commits from number `first` on; returns its tip. Half of them are signed again."""
        parent = parent_of_first or (self.ids[first - 1] if first else None)
        for number, commit in enumerate(commits[first:], first):
            commit = re.sub(r"\Atree (\w+)\n(parent \w+\n)?", f"tree \\1\nparent {parent}\n" if parent else
                            "tree \\1\n", commit)
            if number == len(commits) - 1 and self.rng.random() < 0.5:
                commit = with_signature(commit, self.book.signature(commit, self.key))
            parent = self.write("commit", commit)
        return parent

    # One change each: (what was done, the new tip), or None where it cannot be done to this entry.

    def cut(self, i):
        """Nothing from entry i on: the former tip, with its genuine signature if a pass ended there."""
        return ("cut off", self.ids[i - 1]) if i else None

    def drop(self, i):
        if i == len(self.commits) - 1:
            return None
        return "dropped", self.rewrite(self.commits[:i] + self.commits[i + 1:], i)

    def add(self, i):
        return "recorded twice", self.rewrite(self.commits[:i + 1] + self.commits[i:], i + 1)

    def invent(self, i):
        """An approval that nobody made, after entry i."""
        made = re.sub(r"\n\nLedger-Format.*?\nAt:", "\n\nLedger-Format: 1\nEvent: approval\nArticle: content/b.md\n"
                      "Version: " + "1" * 40 + "\nRound: 1\nState: Approved\nPrevious-State: Submitted\nPerson: one\n"
                      "Reviewed-by: One <one@board.example>\nPolicy: 1\nSource: " + "2" * 40 + "\nAt:",
                      self.commits[i], flags=re.S)
        return "an entry invented", self.rewrite(self.commits[:i + 1] + [made] + self.commits[i + 1:], i + 1)

    def swap(self, i):
        if i == len(self.commits) - 1:
            return None
        commits = list(self.commits)
        commits[i:i + 2] = reversed(commits[i:i + 2])
        return "exchanged with the next", self.rewrite(commits, i)

    def trailer(self, i):
        """One trailer has another value, or is not there."""
        head, _, message = self.commits[i].partition("\n\n")
        subject, _, trailers = message.partition("\n\n")
        lines = trailers.splitlines()
        at = self.rng.randrange(1, len(lines))
        key, _, value = lines[at].partition(": ")
        if self.rng.random() < 0.15:
            del lines[at]
            what = f"{key} taken out"
        else:
            lines[at] = f"{key}: {self.another(key, value)}"
            what = f"{lines[at]} instead of {value}"
        changed = f"{head}\n\n{subject}\n\n" + "".join(f"{line}\n" for line in lines)
        return what, self.rewrite(self.commits[:i] + [changed] + self.commits[i + 1:], i)

    def another(self, key, value):
        values = {
            "State": ["Submitted", "Under Review", "Approved", "Removed"],
            "Reason": ["new", "revised", "returned", "changes-requested", "withdrawn", "expired", "rejudged"],
            "Person": ["one", "two", "three", "ed"], "Event": ["approval", "claim", "comment", "objection", "expiry"],
            "Refusal": ["stale", "contributor", "not-permitted"], "Article": ["content/a.md", "content/b.md"],
        }
        values["Previous-State"], values["Requested"], values["Of"] = values["State"], values["Person"], values["Person"]
        if key in values:
            return self.rng.choice([other for other in values[key] if other != value])
        if re.fullmatch(r"\d{4}-.*Z", value):
            return f"{int(value[:4]) - 1}{value[4:]}" if self.rng.random() < 0.5 else \
                value[:-2] + ("1Z" if value[-2] != "1" else "2Z")
        if re.fullmatch(r"\d+", value):
            return str(int(value) + 1)
        if re.fullmatch(r"[0-9a-f]{40,64}", value):
            others = [line for line in "\n".join(self.commits).split() if re.fullmatch(f"[0-9a-f]{{{len(value)}}}", line)
                      and line != value]
            return self.rng.choice(others) if others and self.rng.random() < 0.5 else "0" + value[1:][::-1]
        return value + "x"

    def person(self, i):
        """Somebody else did it, wherever the entry says who."""
        who = re.search(r"\nPerson: (\w+)\n", self.commits[i])
        if not who:
            return None
        one = next(person for person in self.book.people if person.id == who[1])
        other = self.rng.choice([person for person in self.book.people if person is not one])
        changed = self.commits[i].replace(f"{one.name} <{one.email}>", f"{other.name} <{other.email}>")
        changed = re.sub(rf"\bby {one.id}\b", f"by {other.id}", changed).replace(f"Person: {one.id}", f"Person: {other.id}")
        return "another person", self.rewrite(self.commits[:i] + [changed] + self.commits[i + 1:], i)

    def state(self, i):
        """The article ends in another state, from which its next entry goes on."""
        article, state = (re.search(rf"\n{key}: (.*)\n", self.commits[i]) for key in ("Article", "State"))
        if not state:
            return None
        other = self.rng.choice([word for word in ("Submitted", "Under Review", "Approved") if word != state[1]])
        commits = list(self.commits)
        commits[i] = commits[i].replace(f"\nState: {state[1]}\n", f"\nState: {other}\n")
        for later in range(i + 1, len(commits)):
            if article[0] in commits[later]:
                commits[later] = re.sub(r"\nPrevious-State: .*\n", f"\nPrevious-State: {other}\n", commits[later])
                break
        return "another state", self.rewrite(commits, i)

    def moment(self, i):
        """The pass of entry i was an hour later, with all that is counted from it."""
        at = re.search(r"\nAt: (.*)\n", self.commits[i])[1]
        whole = [n for n, commit in enumerate(self.commits) if f"\nAt: {at}\n" in commit]
        hour = lambda text: (datetime.strptime(text, MOMENT) + timedelta(hours=1)).strftime(MOMENT)  # noqa: E731
        commits = list(self.commits)
        for n in whole:
            commits[n] = re.sub(r"(?<=: )\d{4}-\d\d-\d\dT[\d:]+Z", lambda found: hour(found[0]), commits[n])
            commits[n] = re.sub(r"> (\d+) \+0000", lambda found: f"> {int(found[1]) + 3600} +0000", commits[n])
        return "another moment", self.rewrite(commits, whole[0])

    def committer(self, i):
        """The pass of entry i was made by a daemon of another name."""
        at = re.search(r"\nAt: (.*)\n", self.commits[i])[1]
        commits = [commit.replace("imprimatur <imprimatur@localhost>", "other <other@localhost>")
                   if f"\nAt: {at}\n" in commit else commit for commit in self.commits]
        first = next(n for n, commit in enumerate(commits) if commit != self.commits[n])
        return "another daemon's name", self.rewrite(commits, first)

    def unverified(self, i):
        """The pass of entry i says that it did not look at signatures."""
        at = re.search(r"\nAt: (.*)\n", self.commits[i])[1]
        commits = [re.sub(r"\n(Policy: )", r"\nVerified: no\n\1", commit) if f"\nAt: {at}\n" in commit else commit
                   for commit in self.commits]
        first = next(n for n, commit in enumerate(commits) if commit != self.commits[n])
        return "signatures not looked at", self.rewrite(commits, first)

    def subject(self, i):
        changed = re.sub(r"\n\n([^\n]+)\n\n", "\n\n\\1, really\n\n", self.commits[i], count=1)
        return "another subject", self.rewrite(self.commits[:i] + [changed] + self.commits[i + 1:], i)

    def author(self, i):
        changed = re.sub(r"\nauthor [^\n]*>", "\nauthor Somebody Else <else@example.org>", self.commits[i], count=1)
        return "another author", self.rewrite(self.commits[:i] + [changed] + self.commits[i + 1:], i)

    def policy(self, i):
        """Another policy at the Source of the entry: a commit with a person more in its folder."""
        if "Event: policy" not in self.commits[i]:
            return None
        source = re.search(r"Source: (\w+)", self.commits[i])[1]
        forged = self.forged_policy(source)
        return "another policy", self.rewrite([commit.replace(source, forged) for commit in self.commits], 0)

    def forged_policy(self, source):
        index = {"GIT_INDEX_FILE": str(self.world.root / "forged-index")}
        self.git("read-tree", source, env=index)
        text = self.git("cat-file", "blob", f"{source}:.imprimatur/policy.json").replace('"capacity": 1', '"capacity": 9')
        blob = self.git("hash-object", "-w", "--stdin", text_in=text.replace('"approvals": 2', '"approvals": 1'))
        self.git("update-index", "--cacheinfo", f"100644,{blob},.imprimatur/policy.json", env=index)
        tree = self.git("write-tree", env=index)
        return self.git("commit-tree", tree, "-p", source, "-m", "Loosen", env=index | {
            "GIT_AUTHOR_NAME": "M", "GIT_AUTHOR_EMAIL": "m@example.org", "GIT_COMMITTER_NAME": "M",
            "GIT_COMMITTER_EMAIL": "m@example.org"})

    def decision(self, i):
        """The decision kept with the entry says something else under the same signature, and so has another id."""
        oid = re.search(r"\nDecision: (\w+)\n", self.commits[i])
        if not oid:
            return None
        kept = self.git("cat-file", "blob", f"{self.ids[i]}:decision") + "\n"
        words, other = self.rng.choice([("Review: approve", "Review: comment"), ("Review: claim", "Review: approve"),
                                        ("content/", "kontent/"), ("Read.", "Red."), ("<one@", "<two@")])
        forged = kept.replace(words, other)
        if forged == kept:
            forged = kept.replace(armored_signature(kept).split("\n")[2], armored_signature(kept).split("\n")[1]) \
                if self.rng.random() < 0.5 else without_signature(kept)
        blob = self.write("blob", forged)
        tree = self.git("mktree", text_in=f"100644 blob {blob}\tdecision\n")
        changed = re.sub(r"\Atree \w+", f"tree {tree}", self.commits[i])
        if self.rng.random() < 0.7:
            changed = changed.replace(oid[1], self.write("commit", forged))
        return "a decision that does not verify", self.rewrite(self.commits[:i] + [changed] + self.commits[i + 1:], i)

    def parent(self, i):
        """The entry stands on another one, or on two."""
        if i < 2:
            return None
        if self.rng.random() < 0.5:
            return "another parent", self.rewrite(self.commits, i, self.ids[self.rng.randrange(0, i - 1)])
        two = re.sub(r"\n(parent \w+)\n", f"\n\\1\nparent {self.ids[0]}\n", self.commits[i], count=1)
        tip = self.write("commit", two)
        return "two parents", self.rewrite(self.commits, i + 1, tip) if i + 1 < len(self.commits) else tip


# What a replay cannot tell from a genuine ledger (SECURITY.md, WHAT ONLY THE SIGNATURE PROVES). There the signature of
# the ledger has to be the proof.
ONLY_THE_SIGNATURE = {"Source", "Branch", "Review-Branch", "another moment", "another daemon's name"}


def every_single_change_is_caught(story, world, book, genuine):
    rng = random.Random(SEED)
    forge = Forge(world, book, world.new_key("forger"), rng)
    ways = [forge.drop, forge.cut, forge.add, forge.invent, forge.swap, *[forge.trailer] * 5, forge.person, forge.state,
            forge.moment, forge.committer, forge.unverified, forge.subject, forge.author, forge.policy, forge.decision, forge.parent]
    escaped, made, kinds, beyond, approved = [], 0, {}, [], book.tip("approved")
    while made < MUTATIONS:
        change = rng.choice(ways)(rng.randrange(len(forge.commits)))
        if not change or change[1] == genuine:
            continue
        made += 1
        what, tip = change
        kind = re.match(r"([A-Z][\w-]+)(: | taken out)", what)
        kind = kind[1] if kind else what
        world.git(book.bare, "update-ref", LEDGER, tip)
        # The approved branch names an entry of the genuine chain. Who forges the rest forges that too.
        if what != "cut off":
            world.git(book.bare, "update-ref", "-d", "refs/heads/approved")
        result = verify(world, book.bare, now=book.now)
        world.git(book.bare, "update-ref", "refs/heads/approved", approved)
        found = result.json[0] if result.out else None
        replay = bool(found and (found["does_not_follow"] or found["without_entry"] or found["unchecked"]))
        replay = replay or bool(found and "not looked at" in (found["origin_unproved"] or ""))
        signature = bool(found and found["origin_unproved"] and "sign" in found["origin_unproved"])
        if result.status != 1 or not (replay or signature):
            escaped.append(f"{what}: {result}")
        elif not replay and kind not in ONLY_THE_SIGNATURE:
            beyond.append(f"{what}: {result}")
        caught = kinds.setdefault(kind, [0, 0])
        caught[not replay] += 1
    world.git(book.bare, "update-ref", LEDGER, genuine)
    story.equal(escaped, [], f"{MUTATIONS} single changes are caught, all of them")
    story.equal(beyond, [], "by the replay alone, so without a signature too, but for what only the signature can show")
    story.note(f"seed {SEED}; by the replay, and by the signature alone:")
    for kind, (replay, signature) in sorted(kinds.items()):
        story.note(f"{replay:5} {signature:4}  {kind}")


# The stories


def the_untouched_record_passes(story, world, book):
    events = {entry["Event"] for entry in book.ledger()}
    story.ok(len(events) >= 13, "the history is rich", sorted(events))
    result = verify(world, book.bare, now=book.now)
    story.equal(result.status, 0, "the untouched record passes") or story.note(result)
    found = result.json[0]
    story.equal((found["entries"], found["without_entry"], found["unchecked"]), (len(book.ledger()), [], []),
                "every entry follows, nothing is without one, all could be checked")

    story.equal(verify(world, book.bare, now="2036-01-01T00:00:00Z").status, 0, "ten years later too")
    clone = world.clone(book.bare, "reader")
    clone.pull()
    story.equal(verify(world, clone.path, now=book.now).status, 0, "in a clone that fetched the ledger as well")
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        story.equal(world.imprimatur("-C", book.bare, "verify", "--authority", world.authority_file,
                                     env={"TZ": zone}, now=book.now).status, 0, f"and in {zone}")

    alone = world.imprimatur("-C", book.bare, "verify", now=book.now)
    story.ok(alone.status == 1 and "consistent, origin not proved" in alone.out,
             "without the authority's file the origin is not proved", alone)
    story.equal(world.imprimatur("verify", config=book.config, now=book.now).status, 0,
                "a configuration names that file too")
    stranger = world.person("stranger", "S", "s@example.org")
    other = world.root / "other-authority"
    other.write_text(f'{stranger.email} namespaces="imprimatur-policy" {stranger.public_key}\n')
    result = world.imprimatur("-C", book.bare, "verify", "--authority", other, now=book.now)
    story.ok(result.status == 1 and "manifest.sig is by a key" in result.out,
             "nor does it follow with another authority", result)


def git_alone_shows_the_signature(story, world, book):
    """The commands of imprimatur-record(7), CHECKING WITH GIT."""
    manual = (ROOT / "daemon/man/imprimatur-record.7").read_text()
    block = manual.partition(".Pp\nThe ledger: its last")[2].partition(".Bd -literal -offset indent\n")[2]
    commands = block.partition(".Ed")[0].replace("\\e", "\\")
    clone = world.clone(book.bare, "by-hand")
    clone.pull()
    done = world.run("sh", "-ec", f"L={LEDGER}\n{commands}", cwd=clone.path, check=False)
    story.ok(done.status == 0 and "Good" in done.out + done.err, "git alone shows who signed the ledger", done)


def it_takes_no_longer_than_git(story, world, book):
    signers = world.root / "all_signers"
    lines = [*book.policy.signers, f'ledger namespaces="git" {book.policy.json["ledger_key"]}']
    signers.write_text("".join(f"{line}\n" for line in lines))

    def fastest(act):
        times = []
        for _ in range(3):
            begun = time.monotonic()
            act()
            times.append(time.monotonic() - begun)
        return min(times)

    git = fastest(lambda: world.git(book.bare, "-c", f"gpg.ssh.allowedSignersFile={signers}", "log", "--show-signature",
                                    "--format=%H", "--branches", LEDGER))
    own = fastest(lambda: verify(world, book.bare, now=book.now))
    story.note(f"verify: {own * 1000:.0f} ms; git log --show-signature over the same commits: {git * 1000:.0f} ms")


def decisions_without_entry_are_named(story, world, book):
    late = book.decide(world_person(book, "one"), "comment", "content/a.md")
    result = verify(world, book.bare, now=book.pass_time())
    story.ok(result.status == 1 and [f["oid"] for f in result.json[0]["without_entry"]] == [late],
             "a well-signed decision that no entry is about is named", result)
    book.once()
    story.equal(verify(world, book.bare, now=book.now).status, 0, "until it has one")

    branch = book.decide(world_person(book, "two"), "comment", "content/a.md", branch="review/two/a", push=False)
    book.author.push(f"{branch}:refs/heads/review/two/a")
    result = verify(world, book.bare, now=book.pass_time())
    story.equal([f["oid"] for f in result.json[0]["without_entry"]], [branch], "on a review branch as well")
    book.once()
    unsigned = book.decide(world_person(book, "two"), "comment", "content/a.md", options=())
    book.once()
    result = verify(world, book.bare, now=book.now)
    story.equal(result.status, 0, "one that nobody signed has none") or story.note((unsigned, result))


def world_person(book, name):
    return next(person for person in book.people if person.id == name)


def passes_of_one_second(story, world, book):
    """Two in a second, the later decision first; then a clock that runs backwards."""
    two, now = world_person(book, "two"), book.pass_time()
    for person, at in ((world_person(book, "one"), book.after(minutes=2)), (two, book.after(minutes=1))):
        book.decide(person, "comment", "content/a.md", at=at)
        world.imprimatur("once", config=book.config, now=now)
    book.decide(two, "comment", "content/a.md", at=now)
    world.imprimatur("once", config=book.config, now="2026-12-24T00:00:00Z")
    moments = [entry["At"] for entry in book.ledger()[-3:]]
    story.equal(moments, [moments[0]] * 3, "passes of one second share it, and no moment is earlier than the one before")
    result = verify(world, book.bare, now=book.now)
    story.equal(result.status, 0, "and such a record passes") or story.note(result)


def two_decisions_of_one_second(story, world, book):
    """Of what is in the history, a pass leaves nothing for another one of the same second."""
    for person in ("one", "two"):
        book.decide(world_person(book, person), "comment", "content/a.md")
    book.once()
    genuine = book.tip(LEDGER)
    forge = Forge(world, book, world.new_key("second-forger"), random.Random(SEED))
    world.git(book.bare, "update-ref", LEDGER, forge.swap(len(forge.commits) - 2)[1])
    found = verify(world, book.bare, now=book.now).json[0]
    story.ok(found["does_not_follow"], "nor can two decisions of one pass be exchanged", found)
    world.git(book.bare, "update-ref", LEDGER, genuine)


def a_key_that_came_later(story, world, book):
    """What was refused before its key was known is not missing in the ledger."""
    late = world.person("late", "Late", "late@board.example")
    early = book.decide(late, "comment", "content/a.md")
    book.once()
    book.new()
    book.policy.json["people"].append(late.in_policy)
    book.policy.signers.append(late.signer)
    book.amend()
    story.equal([brief(entry) for entry in (book.once(), book.new())[1]], ["policy"],
                "a decision by a key that came later has been refused for good")
    result = verify(world, book.bare, now=book.now)
    story.equal(result.status, 0, "and the record without it passes") or story.note((early, result))
    book.people += (late,)


def below_what_nobody_signed(story, world, book):
    """On a review branch, since deleted, a decision stood on one that was not signed and is dated after it."""
    one, two = (world_person(book, name) for name in ("one", "two"))
    git = book.author.git
    git("checkout", "-q", "-b", "below")
    book.decide(one, "comment", "content/a.md", options=(), at=book.after(minutes=8), push=False)
    book.decide(one, "comment", "content/a.md", at=book.after(minutes=1), push=False)
    book.author.push("below:refs/heads/review/below")
    git("checkout", "-q", "main")
    for minutes in (5, 9):
        book.decide(two, "comment", "content/a.md", at=book.after(minutes=minutes))
    book.new()
    book.pass_time(minutes=20)
    book.once()
    story.equal([entry["Person"] for entry in book.new()], ["two", "one", "two"],
                "a decision waits for what is below it, signed or not")
    book.author.push(":refs/heads/review/below")
    result = verify(world, book.bare, now=book.now)
    story.equal(result.status, 0, "and such a record passes too, when the branch is gone") or story.note(result)
    genuine = book.tip(LEDGER)
    forge = Forge(world, book, world.new_key("third-forger"), random.Random(SEED))
    world.git(book.bare, "update-ref", LEDGER, forge.drop(len(forge.commits) - 3)[1])
    found = verify(world, book.bare, now=book.now).json[0]
    story.ok(found["does_not_follow"] or found["without_entry"], "but not without a decision beside it", found)
    world.git(book.bare, "update-ref", LEDGER, genuine)


def cut_off(story, world, book):
    """The ledger at a former tip of its own, with the genuine signature of that pass."""
    book.write("content/cut.md")
    book.once()
    tip, now = book.tip(LEDGER), book.now
    book.decide(world_person(book, "two"), "approve", "content/cut.md", branch="review/two/cut", push=False)
    book.author.push("review/two/cut")
    book.once()
    book.author.push(":refs/heads/review/two/cut")
    whole = book.tip(LEDGER)
    story.equal(verify(world, book.bare, now=book.now).status, 0, "the whole ledger passes")
    world.git(book.bare, "update-ref", LEDGER, tip)
    result = verify(world, book.bare, now=now)
    found = result.json[0]
    story.ok(result.status == 1 and [f["oid"] for f in found["unchecked"]] == [whole],
             "cut off, the approved branch names the entry that is not there", result)
    story.ok("approved" in world.imprimatur("-C", book.bare, "verify", now=now).out, "and it says so")
    world.git(book.bare, "update-ref", LEDGER, whole)


def a_forger_who_runs_the_program(story, world, book):
    """A second daemon, told the same history but for one decision on a review branch that is gone since: its ledger is a
    whole one. Nothing but the signature tells it from the genuine one, and that does."""
    genuine, now = book.tip(LEDGER), book.now
    forged = world.bare("forged")
    settings = json.loads(book.config.read_text()) | {"repository": str(forged), "signing_key": f"file:{world.new_key('fourth')}",
                                                       "state_directory": str(world.root / "state" / "forged")}
    config = world.root / "forged.json"
    config.write_text(json.dumps(settings))
    config.chmod(0o600)
    moments = []
    for entry in book.ledger():
        if (entry["Source"], entry["At"]) not in moments:
            moments.append((entry["Source"], entry["At"]))
    for source, at in moments:
        world.git(book.bare, "push", "-q", "--force", forged, f"{source}:refs/heads/main")
        world.imprimatur("once", config=config, now=at)
    world.git(book.bare, "fetch", "-q", forged, f"+{LEDGER}:refs/forged")
    world.git(book.bare, "update-ref", LEDGER, "refs/forged")
    kept = sum("Decision" in entry for entry in book.ledger())
    found = verify(world, book.bare, now=now).json[0]
    story.ok(found["does_not_follow"] is None and found["origin_proved"] is False and "a key other than" in found["origin_unproved"],
             "a ledger that a forger had the program make is told by its signature", found)
    world.git(book.bare, "update-ref", LEDGER, genuine)
    world.git(book.bare, "update-ref", "-d", "refs/forged")
    story.ok(0 < kept < sum("Decision" in entry for entry in book.ledger()),
             "in it the decisions are missing whose branches are gone", kept)


def asked_instead(story, world, book):
    """Whom a lapsed deadline made the daemon ask is in the ledger, that it lapsed is not."""
    book.write("content/late.md")
    book.once()
    book.pass_time(days=40)
    book.once()
    entry = next((entry["oid"] for entry in book.ledger() if entry["Event"] == "request"
                  and entry["Article"] == "content/late.md"), None)
    book.write("content/later.md")
    book.once()
    result = verify(world, book.bare, now=book.now)
    story.ok(entry and result.status == 0, "a record in which somebody was asked instead passes", (entry, result))
    genuine = book.tip(LEDGER)
    forge = Forge(world, book, world.new_key("fifth-forger"), random.Random(SEED))
    world.git(book.bare, "update-ref", LEDGER, forge.drop(forge.ids.index(entry))[1])
    result = verify(world, book.bare, now=book.now)
    found = result.json[0]
    story.ok(result.status == 1 and (found["does_not_follow"] or found["origin_unproved"]),
             "without that entry its signature is missing at least", result)
    story.note(f"without it: {found['does_not_follow'] or found['origin_unproved']}")
    world.git(book.bare, "update-ref", LEDGER, genuine)


def what_is_gone_is_said(story, world, book):
    """The branch is forced back to before the last decisions, and what it held is collected."""
    book.write("content/gone.md")
    book.once()
    book.approve(world_person(book, "two"), article="content/gone.md")
    book.once()
    gone = book.author.head()
    book.author.git("reset", "-q", "--hard", "HEAD~2")
    book.write("content/after.md", push=False)
    book.author.push(force=True)
    book.once()
    world.git(book.bare, "-c", "gc.reflogExpire=now", "-c", "gc.pruneExpire=now", "gc", "-q", "--prune=now")
    story.ok(world.run("git", "-C", book.bare, "cat-file", "-e", gone, check=False).status != 0, "a Source is gone")
    result = verify(world, book.bare, now=book.now)
    found = result.json[0]
    story.equal((result.status, found["does_not_follow"]), (1, None), "what is left follows") or story.note(result)
    story.ok(found["unchecked"] and gone[:7] in str(found["unchecked"]), "what could not be checked is said", found)
    said = world.imprimatur("-C", book.bare, "verify", "--authority", world.authority_file, now=book.now)
    story.ok("up to date by: git fetch\n" in said.out, "  and what may bring it, where it is only this clone that lacks it", said)

    tip = book.tip(LEDGER)
    forge = Forge(world, book, world.new_key("other-forger"), random.Random(SEED))
    at = next(i for i, commit in enumerate(forge.commits) if f"Source: {gone}" in commit)
    for what, change in (("another person", ("Person: two", "Person: one")),
                         ("another state", ("\nState: Approved", "\nState: Under Review")),
                         ("another end", ("Valid-until: 2", "Valid-until: 3"))):
        commits = list(forge.commits)
        commits[at] = commits[at].replace(*change)
        world.git(book.bare, "update-ref", LEDGER, forge.rewrite(commits, at))
        found = verify(world, book.bare, now=book.now).json[0]["does_not_follow"]
        story.ok(commits[at] != forge.commits[at] and found, f"the ledger itself shows {what}", found)
    world.git(book.bare, "update-ref", LEDGER, tip)


def main():
    with Story("The record can be checked by anybody") as story, World() as world:
        book = a_rich_little_history(world, world.new_key("ledger"))
        the_untouched_record_passes(story, world, book)
        git_alone_shows_the_signature(story, world, book)
        it_takes_no_longer_than_git(story, world, book)
        every_single_change_is_caught(story, world, book, book.tip(LEDGER))
        decisions_without_entry_are_named(story, world, book)
        passes_of_one_second(story, world, book)
        two_decisions_of_one_second(story, world, book)
        a_key_that_came_later(story, world, book)
        below_what_nobody_signed(story, world, book)
        cut_off(story, world, book)
        a_forger_who_runs_the_program(story, world, book)
        asked_instead(story, world, book)
        what_is_gone_is_said(story, world, book)


main()

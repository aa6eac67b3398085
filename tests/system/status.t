#!/usr/bin/env -S python3 -B
"""What an editor reads every day, and what programs read: with the daemon's index, in clones, and whatever the names
of articles hold."""

import fcntl
import hashlib
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from handbook import Handbook  # noqa: E402
from shelf import NOW  # noqa: E402
from story import Story, World  # noqa: E402

TABLE = """\
STATE        RND OK  WAITING FOR     SINCE  DUE      ARTICLE
Submitted    1   0/1 author: problem 20 Nov -        content/general/broken.md
Submitted    1   0/2 author: changes 16 Nov 5d late  content/oncology/chemo.md
Submitted    1   0/1 gp1             20 Nov 1d late  ...ent/general/nutrition.md
Under Review 1   0/2 onc1, onc2      16 Nov 30 Nov   content/oncology/imaging.md
Submitted    1   0/1 any reviewer    12 Nov -        content/general/index.md
Approved     1   2/2 -               17 Nov Nov 2027 content/oncology/stage-4.md
"""
SUMMARY = """
handbook: 6 articles: 4 Submitted, 1 Under Review, 1 Approved; 2 overdue; 2
  waiting for the author; policy 1; looked at 4 d ago
"""
CHEMO = """\
Chemotherapy
content/oncology/chemo.md

  [Submitted] -> Under Review -> Approved
  since 2026-11-16 08:01 UTC (8 d)

Version      cd8fad2df9e1596020063af84b92bfb6e11a185f
Round        1
Reason       changes-requested
Rule         2 approvals, 1 of them by a specialist in oncology; 3 days to
             respond, 14 to review; valid for 12 months
Approvals    0 of 2
Waiting for  the author: changes are requested
Due          2026-11-19 08:01 UTC (5 d late)
Page         https://handbook.example.org/oncology/chemo

People
  Oncologist One (onc1): requested changes 2026-11-17 12:00: "Table 2 has the
    wrong dose"
  Oncologist Two (onc2): asked 2026-11-16 08:01, to respond by 2026-11-19
    08:01, to review by 2026-11-30 08:01

History (UTC)
  2026-11-16 08:01  submitted (new), asked onc1, onc2
  2026-11-17 12:00  onc1 requested changes
                    "Table 2 has the wrong dose"
"""


def article(name, title, version, state, reason, problem, since, review, waiting_for, due, overdue):
    path = f"content/{name}.md"
    return {"schema": 1, "repository": "handbook",
            "article": {"id": path, "path": path, "title": title, "version": version,
                        "url": f"https://handbook.example.org/{name}"},
            "state": state, "reason": reason, "problem": problem, "round": 1, "since": since, "review": review,
            "waiting_for": waiting_for, "due": due, "overdue": overdue, "verified": True}


def review(approvals, required, decisions=(), requested=(), respond_by=None, review_by=None, valid_until=None):
    return {"approvals": approvals, "required": required,
            "decisions": [{"person": person, "verdict": verdict} for person, verdict in decisions],
            "requested": list(requested), "respond_by": respond_by, "review_by": review_by,
            "valid_until": valid_until}


def expected(book, world):
    asked = {"respond_by": "2026-11-19T08:01:00Z", "review_by": "2026-11-30T08:01:00Z"}
    version = book.author.version
    whole = {"schema": 1, "repository": "handbook", "policy": 1, "policy_rejected": None,
             "tip": world.git(book.bare, "rev-parse", "main"), "tip_age_s": 349140, "fetched_age_s": None, "unpushed": None,
             "ledger": world.git(book.bare, "rev-parse", "refs/imprimatur/ledger"), "diverged": False,
             "undelivered": 0, "unrecorded": []}
    return [
        article("general/broken", "content/general/broken.md", version("content/general/broken.md"), "submitted", "new",
                "front-matter", "2026-11-20T08:01:00Z", review(0, 1), ["author"], None, False),
        article("general/index", "The handbook", version("content/general/index.md"), "submitted", "adopted", None,
                "2026-11-12T09:01:00Z", review(0, 1), ["reviewer"], None, False),
        article("general/nutrition", "Nutrition", version("content/general/nutrition.md"), "submitted", "new", None,
                "2026-11-20T08:01:00Z", review(0, 1, requested=["gp1"], respond_by="2026-11-23T08:01:00Z",
                                               review_by="2026-12-04T08:01:00Z"),
                ["gp1"], "2026-11-23T08:01:00Z", True),
        article("oncology/chemo", "Chemotherapy", version("content/oncology/chemo.md"), "submitted",
                "changes-requested", None, "2026-11-16T08:01:00Z",
                review(0, 2, [("onc1", "request-changes")], ["onc2"], **asked), ["author"], "2026-11-19T08:01:00Z",
                True),
        article("oncology/imaging", "Imaging", version("content/oncology/imaging.md"), "under_review", None, None,
                "2026-11-16T12:00:00Z", review(0, 2, [("onc2", "claim")], ["onc1", "onc2"], **asked),
                ["onc1", "onc2"], "2026-11-30T08:01:00Z", False),
        article("oncology/stage-4", "Stage 4 disease", version("content/oncology/stage-4.md"), "approved", None, None,
                "2026-11-17T12:00:00Z",
                review(2, 2, [("onc1", "approve"), ("onc2", "approve")], valid_until="2027-11-16T12:00:00Z"), [],
                "2027-11-16T12:00:00Z", False),
        whole]


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def is_calm(text):
    """Nothing in it but lines of characters that can be seen."""
    return all(c == "\n" or (c.isprintable() and unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp")
                             and not "\udc80" <= c <= "\udcff") for c in text)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def daily_view(story, world, book):
    def status(*arguments, **more):
        return world.imprimatur("status", *arguments, config=book.config, **({"now": NOW} | more))

    result = status()
    story.equal((result.out, result.err, result.status), (TABLE + SUMMARY, "", 0), "the daily view, to the letter")
    story.ok(all(len(line) <= 80 for line in result.out.splitlines()), "  fits 80 columns", result.out)
    later = status(now="2026-11-20T08:01:30Z").out
    story.ok("looked at 30 s ago" in later and "; 1 overdue" in later and "23 Nov" in later,
             "and depends on the moment alone", later)
    story.equal(status("content/oncology/chemo.md").out, CHEMO, "an article's story, to the letter")
    tracker = status("content/oncology/imaging.md", "content/oncology/stage-4.md").out
    story.ok("  Submitted -> [Under Review] -> Approved\n" in tracker
             and "  Submitted -> Under Review -> [Approved]\n" in tracker, "its tracker shows where it is", tracker)
    story.ok("Valid until  2027-11-16 12:00 UTC" in tracker and "claimed it 2026-11-16 12:00" in tracker
             and "onc2 approved: Under Review -> Approved, until 2027-11-16" in tracker, "with people and history",
             tracker)
    broken = status("content/general/broken.md").out
    story.ok("Problem      front-matter: Front matter, line 2:" in broken, "and what is wrong with it", broken)


def filters(story, world, book):
    def paths(*arguments):
        lines = world.imprimatur("--json", "status", *arguments, config=book.config, now=NOW).json
        return [line["article"]["path"].removeprefix("content/") for line in lines[:-1]]

    def status(*arguments):
        return world.imprimatur("status", *arguments, config=book.config, now=NOW)

    story.equal(paths("--state", "under_review"), ["oncology/imaging.md"], "--state by its key")
    story.equal(paths("--state", "Under Review"), ["oncology/imaging.md"], "  or its word")
    story.equal(paths("--reviewer", "onc2"), ["oncology/imaging.md"], "--reviewer is whose turn it is")
    story.equal(paths("--reviewer", "author"), ["general/broken.md", "oncology/chemo.md"], "  also the author's")
    story.equal(paths("--overdue"), ["general/nutrition.md", "oncology/chemo.md"], "--overdue")
    story.equal(paths("--overdue", "--reviewer=gp1"), ["general/nutrition.md"], "and together")
    shown = status("--overdue").out
    story.ok("handbook: 2 shown of 6 articles:" in shown, "the summary says how many there are in all", shown)
    result = status("--state", "done")
    story.ok(result.status == 2 and "submitted, under_review and approved" in result.err, "no such state", result)
    result = status("--reviewer", "onc3")
    story.ok(result.status == 1 and 'did you mean "onc' in result.err and not result.out, "nobody of that name", result)
    story.equal(status("--exit-code", "content/oncology/stage-4.md").status, 0, "--exit-code: Approved")
    story.equal(status("--exit-code", "content/oncology/stage-4.md", "content/general/index.md").status, 1,
                "  one of two is not")
    story.equal(status("--exit-code").status, 1, "  not all are")
    story.equal(status("--exit-code", "--state", "approved").status, 0, "  all that are listed are")


def for_programs(story, world, book):
    result = world.imprimatur("--json", "status", config=book.config, now=NOW)
    story.equal(result.json, expected(book, world), "--json, to the letter")
    story.equal(result.out.splitlines(), [json.dumps(line, separators=(",", ":")) for line in expected(book, world)],
                "  with its keys in their order")
    one = world.imprimatur("status", "--json", "content/oncology/chemo.md", "content/general/index.md",
                           "content/general/index.md", config=book.config, now=NOW).json
    story.equal(one, [expected(book, world)[number] for number in (1, 3, 6)], "of some, by path, each once")


def unknown(story, world, book):
    result = world.imprimatur("status", "content/oncology/chemoo.md", config=book.config, now=NOW)
    story.equal((result.status, result.out, result.err),
                (1, "", "imprimatur: there is no article content/oncology/chemoo.md; did you mean "
                        "content/oncology/chemo.md?\n"), "an unknown article has a hint")
    result = world.imprimatur("status", "nutrition.md", "content/oncology/chemo.md", config=book.config, now=NOW)
    story.ok(result.status == 1 and "did you mean content/general/nutrition.md?" in result.err
             and result.out.startswith("Chemotherapy\n"), "by its name alone too, and the others are shown", result)


def clones(story, world, book):
    reader = world.clone(book.bare, "reader")
    result = world.imprimatur("-C", reader.path, "status", now=NOW)
    story.ok(result.status == 1 and not result.out
             and "git fetch origin 'refs/imprimatur/*:refs/imprimatur/*'" in result.err,
             "a clone without the ledger is told what to fetch", result)
    reader.git("fetch", "-q", "origin", "+refs/imprimatur/*:refs/imprimatur/*")
    before = digest(book.index)
    result = world.imprimatur("status", now=NOW, cwd=reader.path / "content")
    story.equal((result.out, result.err), (TABLE + SUMMARY.replace("looked at 4 d ago", "ledger of 2026-11-20 08:01"),
                                           ""), "the same view in a clone, from a folder of its work tree")
    own = reader.path / ".git/imprimatur/index.db"
    story.ok(own.exists() and digest(book.index) == before, "with an index of its own, the daemon's untouched")
    lines = world.imprimatur("--json", "-C", reader.path, "status", now=NOW).json
    wanted = expected(book, world)
    for line in wanted[:-1]:
        line["article"]["url"] = None
    wanted[-1] |= {"tip_age_s": None, "undelivered": None}
    story.equal(lines, wanted, "the same for programs, but what only the daemon knows")
    story.equal(world.imprimatur("status", "chemo.md", now=NOW, cwd=reader.path / "content/oncology").out.splitlines()[0],
                "Chemotherapy", "an article is named from the current directory")
    own.write_bytes(b"not an index")
    story.equal(world.imprimatur("-C", reader.path, "status", now=NOW).out.splitlines()[1:7], TABLE.splitlines()[1:],
                "a broken index of its own is in nobody's way")
    for path in own.parent.iterdir():
        path.unlink()
    readers = [subprocess.Popen([world.program, "-C", str(reader.path), "status"], env=world.env
                                | {"IMPRIMATUR_NOW": NOW}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for _ in range(6)]
    told = [process.communicate(timeout=60) for process in readers]
    story.ok(all(out.startswith(TABLE) and not err for out, err in told), "six readers at once make one index", told)
    return reader


def ledger_first(story, world, book):
    bare = world.bare("ledger-only")
    world.git(bare, "fetch", "-q", book.bare, "+refs/imprimatur/*:refs/imprimatur/*")
    result = world.imprimatur("-C", bare, "status", now=NOW)
    story.ok(result.status == 0 and result.out.startswith("WARNING Approvals cannot be counted: the files of policy 1 are")
             and "Under Review 1   ?  onc1, onc2 " in result.out, "a ledger alone shows states, and says what lacks",
             result)
    world.git(bare, "fetch", "-q", book.bare, "main:main")
    result = world.imprimatur("-C", bare, "status", now=NOW)
    story.ok(result.out.startswith(TABLE), "once the branch is there, it has everything", result)


def follows(story, world, book, reader):
    book.author.edit("content/general/later.md", "# Later\n", at="2026-11-20T09:00:00Z")
    book.author.push()
    killed = world.imprimatur("once", config=book.config, now="2026-11-20T09:01:00Z",
                              env={"IMPRIMATUR_CRASH_AT": "recorded"})
    before = digest(book.index)
    result = world.imprimatur("status", "content/general/later.md", config=book.config, now=NOW)
    story.ok(killed.status == -9 and result.out.startswith("Later\n"), "a daemon's index that is behind is followed",
             result)
    story.equal(digest(book.index), before, "  without writing to it")
    shelf.once(world, book, "2026-11-20T09:02:00Z")
    reader.pull()
    result = world.imprimatur("-C", reader.path, "status", "content/general/later.md", now=NOW)
    story.ok(result.out.startswith("Later\n"), "and a clone's own index follows what is fetched", result)
    os.rename(book.index.parent, book.index.parent.with_name("gone"))
    result = world.imprimatur("status", config=book.config, now=NOW)
    story.ok("7 articles" in result.out and not result.err, "without the daemon's index there is the ledger", result)
    os.rename(book.index.parent.with_name("gone"), book.index.parent)


def hostile(story, world, book):
    evil = ("content/general/\x1b[2J\x1b]0;owned\x07.md", "content/general/two\nlines.md",
            "content/general/\u202egnp.md", "content/general/köpfe.md", "content/general/-rf.md", 'content/"quoted".md',
            "content/general/宽宽宽宽宽宽宽宽宽宽宽宽.md", "content/general/bytes-\udcff.md", "content/c1-\x9b31m.md")
    for number, path in enumerate(evil):
        target = os.fsencode(book.author.path / path)
        Path(os.fsdecode(target)).write_text(f"---\ntitle: \"\\e[31mRed \\u202e{number}\\nsecond line\"\n---\n")
    book.author.git("add", "-A")
    book.author.commit("Evil \x1b[31m", at="2026-11-20T10:00:00Z")
    book.author.push()
    book.author.decide(book.onc1, "comment", evil[3], at="2026-11-20T10:01:00Z",
                       message="A reason \u202e\x1b[31m\n\nand \x9b31m more")
    world.imprimatur("once", config=book.config, now="2026-11-20T10:02:00Z")
    table = world.imprimatur("status", config=book.config, now=NOW)
    story.ok(is_calm(table.out) and not table.err, "no name of an article speaks to the terminal", repr(table.out))
    wide = [line for line in table.out.splitlines() if columns(line) > 80]
    story.equal(wide, [], "nor makes a line longer than 80 columns")
    story.ok("köpfe.md\n" in table.out and '\\033]0;owned\\a.md"\n' in table.out and "two\\nlines.md\"\n" in table.out,
             "letters are shown, what cannot be seen is quoted", table.out)
    lines = world.imprimatur("--json", "status", config=book.config, now=NOW)
    story.ok(is_calm(lines.out), "nor does the JSON", repr(lines.out))
    listed = {line["article"]["path"] for line in lines.json[:-1]}
    story.ok({path for path in evil if "\udcff" not in path} <= listed
             and '"content/general/bytes-\\377.md"' in listed, "which has every path as it is", listed)
    for path in (evil[0], evil[3], '"content/general/bytes-\\377.md"'):
        result = world.imprimatur("status", path, config=book.config, now=NOW)
        story.ok(result.status == 0 and is_calm(result.out) and "Red " in result.out,
                 f"the story of {path.encode('unicode_escape').decode()} is calm", repr(result))
    named = world.imprimatur("status", "--", "-rf.md", "content/\x1b[31m", config=book.config, now=NOW)
    story.ok(named.status == 1 and is_calm(named.err) and "did you mean content/general/-rf.md?" in named.err,
             "and so are answers to hostile questions", repr(named.err))


def warnings(story, world, book):
    empty = world.bare("empty")
    author = world.clone(empty, "first")
    author.edit("content/a.md", "# A\n", at="2026-11-20T08:00:00Z")
    author.push()
    config = world.configure(empty, file="empty.json")
    result = world.imprimatur("status", config=config, now=NOW)
    story.equal((result.status, result.out.splitlines()[0]),
                (0, "WARNING No policy is in force yet, so nothing is an article."), "before the first pass")
    world.imprimatur("once", config=config, now=NOW)
    result = world.imprimatur("status", config=config, now=NOW)
    story.ok(result.status == 0 and " ".join(result.out.split()).startswith(
        "WARNING No policy is in force yet, so nothing is an article: there is no folder .imprimatur at the tip."),
             "no policy, and why", result)
    whole = world.imprimatur("--json", "status", config=config, now=NOW).json
    story.equal([whole[0][key] for key in ("policy", "policy_rejected", "ledger", "tip")],
                [None, "there is no folder .imprimatur at the tip", None, author.head()], "  also for programs")

    book.author.write_policy(shelf.policy_of(world, [book.onc1], version=1))
    book.author.commit("Old version", at="2026-11-20T11:00:00Z")
    book.author.push()
    world.imprimatur("once", config=book.config, now="2026-11-20T11:01:00Z")
    result = world.imprimatur("status", config=book.config, now=NOW)
    flat = " ".join(result.out.split())
    story.ok(flat.startswith("WARNING The policy at the tip is rejected, number 1 stays in force: "
                             ".imprimatur/policy.json: version 1 is not greater than 1"), "a rejected policy", result)
    tip = world.git(book.bare, "rev-parse", "refs/imprimatur/ledger")
    world.git(book.bare, "update-ref", "refs/imprimatur/ledger", "refs/imprimatur/ledger~2")
    for passed in (False, True):
        if passed:
            world.imprimatur("once", config=book.config, now=NOW)
        result = world.imprimatur("status", config=book.config, now=NOW)
        story.ok(result.status == 1 and result.out.startswith("WARNING Nothing is decided: the ledger ")
                 and "imprimatur ledger restore" in " ".join(result.out.split()),
                 "a ledger that was moved" + (", seen by the daemon" if passed else ""), result)
    whole = world.imprimatur("--json", "status", config=book.config, now=NOW)
    story.ok(whole.status == 1 and whole.json[-1]["diverged"] is True and whole.json[-1]["ledger"] == tip,
             "  and programs see the ledger that is trusted", whole)
    world.git(book.bare, "update-ref", "refs/imprimatur/ledger", tip)

    off = world.configure(book.bare, file="off.json", signatures="off", authority=None)
    result = world.imprimatur("status", config=off, now=NOW)
    story.ok("WARNING Signatures are off" in result.out, "signatures that are off", result)
    story.equal({line["verified"] for line in world.imprimatur("--json", "status", config=off, now=NOW).json[:-1]},
                {False}, "  in every line for programs")


def on_a_terminal(world, book, width, *arguments, **env):
    """What status writes on a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen([world.program, "-c", str(book.config), "status", *arguments], stdout=theirs, stdin=theirs,
                               env=world.env | {"IMPRIMATUR_NOW": NOW, "TERM": "xterm"} | env)
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(ours)
    process.wait()
    return out.decode().replace("\r\n", "\n")


def terminals(story, world, book):
    wide = on_a_terminal(world, book, 200, NO_COLOR="1")
    story.ok("content/general/nutrition.md" in wide and "\x1b" not in wide, "a wide terminal has room for paths", wide)
    narrow = on_a_terminal(world, book, 72, NO_COLOR="1")
    story.ok(max(columns(line) for line in narrow.splitlines()) <= 72, "a narrow one is kept to", narrow)
    for arguments in (("--summary",), ("content/oncology/chemo.md",)):
        narrow = on_a_terminal(world, book, 60, *arguments, NO_COLOR="1")
        story.ok(max(columns(line) for line in narrow.splitlines()) <= 60, f"one of 60 columns, too {arguments}", narrow)
    story.ok("\x1b[" in on_a_terminal(world, book, 80), "colours on a terminal")
    story.ok("\x1b[" not in on_a_terminal(world, book, 80, TERM="dumb"), "  that has any")


def rejected_in_a_clone(story, world):
    """A clone has neither daemon nor authority; that a policy is unsigned shows in its files."""
    book = Handbook(world, [world.person("p1", "Person", "p1@board.example")], name="unsigned")
    book.write("content/a.md")
    book.once()
    reader = world.clone(book.bare, "reader-of-unsigned")
    reader.pull()
    story.ok("WARNING" not in world.imprimatur("status", cwd=reader.path, now=book.now).out, "a policy in force is not warned of")
    author = book.author
    author.edit(".imprimatur/policy.json", (author.path / ".imprimatur/policy.json").read_text().replace('"version": 1', '"version": 2'),
                at=book.pass_time())
    author.push()
    book.once()
    reader.pull()
    said = world.imprimatur("status", cwd=reader.path, now=book.now)
    told = " ".join(said.out.split())
    story.ok("WARNING The policy at the tip is rejected, number 1 stays in force: .imprimatur/manifest does not match the files" in told,
             "row 85: an unsigned policy that was pushed is warned of in a clone too", said)
    story.ok("manifest does not match" in world.imprimatur("--json", "status", cwd=reader.path, now=book.now).json[-1]["policy_rejected"],
             "  and so for programs")


with Story("Status: an editor's view, and a program's") as the_story, World() as the_world:
    the_book = shelf.make(the_world)
    daily_view(the_story, the_world, the_book)
    filters(the_story, the_world, the_book)
    for_programs(the_story, the_world, the_book)
    unknown(the_story, the_world, the_book)
    the_reader = clones(the_story, the_world, the_book)
    ledger_first(the_story, the_world, the_book)
    follows(the_story, the_world, the_book, the_reader)
    terminals(the_story, the_world, the_book)
    hostile(the_story, the_world, the_book)
    warnings(the_story, the_world, the_book)
    rejected_in_a_clone(the_story, the_world)

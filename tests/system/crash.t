#!/usr/bin/env -S python3 -B
"""Killed at every arrow of the pipeline, robbed of its index, its memory or its refs: the record is whole, or waits."""

import fcntl
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER, Handbook, brief  # noqa: E402
from story import Story, World  # noqa: E402

ARROWS = ("decided", "written", "noted", "recorded", "indexed", "moved", "published")
A = "content/a.md"
KILLED = -9


def board(world):
    return (world.person("onc1", "Oncologist One", "one@board.example"),
            world.person("onc2", "Oncologist Two", "two@board.example"),
            world.person("ed1", "Editor One", "editor@example.org", roles=("editor",)))


def adopted(world, people, name):
    """A handbook with its first pass before it."""
    book = Handbook(world, people, name=name, carry=["content/**/*.png"])
    book.author.write("content/old.md", "# Old\n")
    book.author.write("content/p.png", "p")
    book.author.write("content/q.svg", "q")
    book.write("content/gone.md", A, text="# Text\n")
    book.decide(people[0], "approve", A, options=(), push=False)
    book.decide(people[0], "approve", A, options=(), branch="review/unsigned", push=False)
    book.author.git("reset", "-q", "--hard", "HEAD~1")
    book.author.push("review/unsigned")
    return book


def busy(world, people, name):
    """One with a pass before it in which everything happens."""
    one, two, editor = people
    book = adopted(world, people, name)
    book.once()
    book.approve(one)
    book.approve(one, article="content/gone.md")
    book.decide(two, "claim", "content/old.md")
    book.once()
    book.write(A, "content/new.md", text="# Other\n")
    book.remove("content/gone.md")
    book.author.write("content/p.png", "pp")
    book.amend(carry=["content/**/*.png", "content/**/*.svg"], competing_interests="optional")
    book.approve(two, interests=None)
    book.decide(editor, "request-changes", "content/old.md")
    book.decide(one, "approve", A, options=(), branch="review/unsigned", push=False)
    book.author.push("+review/unsigned")
    book.decide(one, "retract", A)
    book.decide(editor, "retract", "content/new.md")
    return book


def whole(book):
    """What is to be the same, crash or none."""
    told = {}  # by article, for only one article's events have an order
    for message in book.told():
        data = message["data"]
        told.setdefault((data["article"] or {}).get("path") or message["type"], []).append(
            (message["type"], data["reason"], data["refusal"], (data["person"] or {}).get("id")))
    return {"entries": [brief(entry) for entry in book.ledger()], "events": told, "approved": book.approved(),
            "articles": book.query("SELECT path, round, state, reason, problem FROM article ORDER BY path")}


def killed_at_every_arrow(story, world):
    people = board(world)
    for what, make in (("the first pass", adopted), ("a busy pass", busy)):
        ready = make(world, people, make.__name__)
        control = ready.twin(f"control-{make.__name__}")
        control.once()
        expected = whole(control)
        story.ok(len(expected["entries"]) > 4 and len(expected["events"]) > 2, f"{what} has something to lose",
                 expected)
        for arrow in ARROWS:
            book = ready.twin(f"{arrow}-{make.__name__}")
            before = (book.tip(LEDGER), book.tip("approved"))
            book.once(status=KILLED, crash=arrow)
            decided = arrow in ARROWS[ARROWS.index("recorded"):]
            story.equal(book.tip(LEDGER) != before[0], decided, f"{what} is killed at \"{arrow}\"")
            story.equal(book.tip("approved") != before[1], arrow in ("moved", "published"),
                        "and the approved branch was " + ("moved" if arrow in ("moved", "published") else "not"))
            report = book.once()
            found = whole(book)
            for part, value in expected.items():
                story.equal(found[part], value, f"after \"{arrow}\" {what} is whole: {part}")
            story.equal(report["diverged"], None, "and trusted")
            story.equal(book.once()["entries"], 0, "and there is nothing left to do")
            story.equal(book.told(), [], "or to say")


def killed_again_and_again(story, world):
    people = board(world)
    control, book = (busy(world, people, name) for name in ("control", "again"))
    control.once()
    for arrow in ("noted", "decided", "noted", "written", "recorded", "moved", "indexed", "published"):
        book.once(status=KILLED, crash=arrow)
    book.once()
    story.equal(whole(book), whole(control), "killed time and again, it is whole all the same")
    for each in (control, book):
        each.author.write(".imprimatur/stray", "x")
        each.write("content/more.md")
    control.once()
    book.once(status=KILLED, crash="recorded")
    book.once()
    story.equal(whole(book), whole(control), "what is said of a policy is not lost either")


def the_index_is_lost(story, world):
    one, two, editor = people = board(world)
    book = Handbook(world, people, name="index", rules=[{"paths": ["**"], "approvals": 2}])
    book.author.push()
    book.once()
    book.write(A, "content/b.md", "content/c.md")
    book.once()
    book.approve(one, two)
    book.decide(one, "approve", "content/b.md")
    book.decide(two, "request-changes", "content/b.md")
    book.decide(one, "claim", "content/none.md")
    book.once()
    book.decide(editor, "retract", A)
    book.remove("content/c.md")
    book.once()
    old = {event for event, _ in book.events()}
    book.pass_time(days=4, hours=1)
    book.write("content/c.md")
    book.approve(one, two)
    book.once()
    book.amend(rules=[{"paths": ["**"], "approvals": 3}])
    book.once()
    book.decide(one, "approve", "content/b.md", options=())
    book.once()
    young = [event for event in book.events() if event[0] not in old]
    story.ok(len(young) > 5 and len(old) > 10, "some events are older than four days, some are not")
    rows, approved, tip = book.articles(), book.approved(), book.tip(LEDGER)
    for path in book.state_directory.glob("index.db*"):
        path.unlink()
    result = world.imprimatur("once", config=book.config, now=book.pass_time())
    story.ok(result.status == 0 and "again from the ledger" in result.err, "without its index it says that it makes one", result)
    story.equal(book.tip(LEDGER), tip, "no entry is made twice")
    found = book.articles()
    for table, expected in rows.items():
        story.equal(found[table], expected, f"every article is what it was: {table}")
    story.equal(book.approved(), approved, "and so is the approved branch")
    told = book.events()
    story.equal([event for event, _ in told], [event for event, _ in young],
                "the events of the last four days are told again")
    story.equal([body for event, body in told if "_" not in event[4:] and len(event) == 44],
                [body for event, body in young if "_" not in event[4:] and len(event) == 44],
                "in the same words, where the ledger has them")


def the_index_is_damaged(story, world):
    people = board(world)
    book = adopted(world, people, "damaged")
    book.once()
    book.approve(people[0])
    book.once()
    rows, tip = book.articles(), book.tip(LEDGER)
    index = book.state_directory / "index.db"
    whole, told = index.read_bytes(), {event for event, _ in book.events()}
    for what, content in (("is not a database", b"not a database\n" * 512), ("is a database cut off", whole[:len(whole) // 3])):
        for path in book.state_directory.glob("index.db*"):
            path.unlink()
        index.write_bytes(content)
        status = world.imprimatur("status", config=book.config, now=book.now)
        story.ok(status.status == 0 and A in status.out, f"status goes by the ledger where the index {what}", status)
        result = world.imprimatur("once", config=book.config, now=book.pass_time())
        story.ok(result.status == 0 and "is damaged, and made again" in result.err, f"an index that {what} is made again",
                 result)
        story.equal((book.articles(), book.tip(LEDGER)), (rows, tip), "  with every article as it was, and no entry twice")
        story.equal({event for event, _ in book.events()}, told, "  and what is young is told under the same ids")
        story.equal((book.state_directory / "index.db.damaged").read_bytes(), content, "  the damaged one is kept")


def the_index_is_damaged_within(story, world):
    """One page of it: what was seen already would be taken for new."""
    people = board(world)
    book = adopted(world, people, "page")
    book.once()
    book.approve(people[0], branch="review/first", push=False)
    book.author.push("review/first")
    book.once()
    index = book.state_directory / "index.db"
    with sqlite3.connect(index) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'seen'").fetchone()[0]
    database.close()
    with open(index, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    tip = book.tip(LEDGER)
    book.author.push("review/first:refs/heads/review/again")
    book.write("content/new.md")
    result = world.imprimatur("once", config=book.config, now=book.pass_time())
    story.ok(result.status not in (0, 2, 3) and "malformed" in result.err and f"remove {index}" in result.err,
             "a page of the index that is damaged stops the pass, and it says what to do", result)
    story.equal(book.tip(LEDGER), tip, "  and nothing is decided by it")
    for path in book.state_directory.glob("index.db*"):
        path.unlink()
    book.new()
    story.equal(book.passed(), ["submission content/new.md: Submitted (new)"], "  done as it said, the pass goes on")


def the_index_and_the_history_are_lost(story, world):
    """The ledger is enough, also when the commits that it was made from are collected."""
    one, two, editor = people = board(world)
    book = Handbook(world, people, name="collected", rules=[{"paths": ["**"], "approvals": 2}])
    book.author.push()
    book.once()
    book.write(A, "content/b.md", "content/c.md")
    book.once()
    book.approve(one, two)
    book.decide(one, "approve", "content/b.md")
    book.decide(two, "request-changes", "content/c.md")
    book.once()
    book.author.git("checkout", "-q", "--orphan", "unrelated")
    book.commit("All of it again", push=False)
    book.author.git("branch", "-M", "main")
    book.author.push("+main")
    book.once()
    rows, approved, tip = book.articles(), book.approved(), book.tip(LEDGER)
    for path in book.state_directory.glob("index.db*"):
        path.unlink()
    world.git(book.bare, "reflog", "expire", "--expire=now", "--all")
    world.git(book.bare, "gc", "-q", "--prune=now")
    book.new()
    story.equal((book.passed(), book.tip(LEDGER)), ([], tip), "nothing is decided again")
    story.equal(book.approved(), approved, "the approved branch is as it was")
    found = book.articles()
    for table, expected in rows.items():
        story.equal(found[table], expected, f"every article is what it was: {table}")
    book.decide(two, "approve", "content/b.md")
    story.equal(book.passed(), ["approval content/b.md by onc2: Approved"], "and goes on")


def the_memory_is_lost(story, world):
    people = board(world)
    book = busy(world, people, "memory")
    book.once()
    tip, memory = book.tip(LEDGER), book.state_directory / "tip"
    kept = memory.read_text()
    book.told()
    book.new()
    memory.unlink()
    book.write("content/later.md")
    report = book.once(status=1)
    story.ok(tip in report["diverged"], "a ledger that it does not remember is not continued", report)
    story.equal((book.tip(LEDGER), book.new()), (tip, []), "nothing is decided")
    story.equal([message["type"] for message in book.told()], ["ledger.diverged"], "it says so")
    book.once(status=1)
    story.equal(book.told(), [], "once")
    memory.write_text(kept)
    story.equal(len(book.passed()), 1, "until it remembers")
    world.git(book.bare, "update-ref", "-d", LEDGER)
    memory.unlink()
    book.told()
    book.once(status=1)
    story.equal(book.tip(LEDGER), "", "without memory and ledger, but with an index of one, it begins no other")


def the_ledger_is_moved(story, world):
    people = board(world)
    book = busy(world, people, "ledger")
    book.once()
    tip, approved = book.tip(LEDGER), book.tip("approved")
    back = world.git(book.bare, "rev-parse", f"{LEDGER}~2")
    tree = world.git(book.bare, "rev-parse", f"{LEDGER}^{{tree}}")
    forged = world.git(book.bare, "commit-tree", tree, "-p", tip, "-m", "content/new.md: approved (1 of 1)\n\n"
                       "Ledger-Format: 1\nEvent: approval\n")
    world.git(book.bare, "update-ref", "refs/heads/approved", back)
    for what, to in (("deleted", None), ("moved back", back), ("moved on by somebody else", forged)):
        world.git(book.bare, "update-ref", *(["-d", LEDGER] if to is None else [LEDGER, to]))
        book.write("content/more.md")
        book.told()
        book.new()
        report = book.once(status=1)
        story.ok(report["diverged"] and report["entries"] == 0, f"a ledger that was {what} is not continued", report)
        told = book.told()
        story.equal([message["type"] for message in told], ["ledger.diverged"], "which is said")
        story.equal(told[0]["data"]["reason_text"], report["diverged"], "in the same words")
        book.once(status=1)
        story.equal(book.told(), [], "once")
        story.equal(book.tip(LEDGER), to or "", "it is left where it is")
        story.equal(book.tip("approved"), back, "and so is the approved branch")
        world.git(book.bare, "update-ref", LEDGER, tip)
    story.equal(book.once()["diverged"], None, "put back, it is continued")
    story.ok(world.git(book.bare, "merge-base", "--is-ancestor", tip, LEDGER) == "", "where it ended")
    story.equal(book.tip("approved"), approved, "and the approved branch is put back")


def deleted_twice(story, world):
    people = board(world)
    book = busy(world, people, "twice")
    book.once()
    for time in ("", " again"):
        tip = book.tip(LEDGER)
        world.git(book.bare, "update-ref", "-d", LEDGER)
        book.told()
        book.once(status=1)
        story.equal([message["type"] for message in book.told()], ["ledger.diverged"],
                    f"a ledger deleted{time} is told")
        world.git(book.bare, "update-ref", LEDGER, tip)
        book.write("content/more.md")
        book.once()


def the_clock_goes_back(story, world):
    people = board(world)
    book = busy(world, people, "clock")
    book.once()
    last = book.ledger()[-1]["At"]
    book.write("content/more.md")
    book.pass_time(hours=-30)
    story.equal(book.passed()[-1], "submission content/more.md: Submitted (new)",
                "a clock that is set back stops nothing")
    story.equal(book.ledger()[-1]["At"], last, "but the record's never runs backwards")


def two_at_once(story, world):
    people = board(world)
    book = busy(world, people, "lock")
    book.once()
    book.write("content/more.md")
    tip = book.tip(LEDGER)
    with open(book.state_directory / "lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = world.imprimatur("once", config=book.config, now=book.now)
        story.ok(result.status == 75 and "another" in result.err, "a second process is told to come again", result)
        story.equal(book.tip(LEDGER), tip, "and does nothing")
    book.once()
    story.ok(book.tip(LEDGER) != tip, "when the first has ended it may")


def pushes_to_its_refs(story, world):
    people = board(world)
    book = busy(world, people, "hidden")
    book.once()
    tips = book.tip(LEDGER), book.tip("approved")
    for refspec in (f"HEAD:{LEDGER}", f":{LEDGER}", "HEAD:refs/imprimatur/else", "+HEAD:approved", ":approved"):
        result = world.run("git", "-C", book.author.path, "push", "origin", refspec, check=False)
        story.ok(result.status != 0, f"a push of {refspec} is refused", result)
    story.equal((book.tip(LEDGER), book.tip("approved")), tips, "by git itself")
    book.author.git("fetch", "-q", "origin", f"{LEDGER}:refs/remotes/ledger", "approved:refs/remotes/approved")
    story.equal(book.author.git("rev-parse", "refs/remotes/ledger", "refs/remotes/approved").split(), list(tips),
                "everybody may fetch them")
    hidden = world.git(book.bare, "config", "--get-all", "receive.hideRefs").splitlines()
    book.once()
    story.equal(world.git(book.bare, "config", "--get-all", "receive.hideRefs").splitlines(), hidden, "set once")
    story.equal(sorted(hidden), ["refs/heads/approved", "refs/imprimatur"], "for what is the daemon's")
    story.ok("hiderefs" not in world.run("git", "-C", book.bare, "config",
                                         "--list").out.lower().replace("receive.hiderefs", ""),
             "and transfer.hideRefs is as it was")


with Story("Crashes and losses") as the_story:
    for tell in (killed_at_every_arrow, killed_again_and_again, the_index_is_lost, the_index_is_damaged,
                 the_index_is_damaged_within,
                 the_index_and_the_history_are_lost, the_memory_is_lost, the_ledger_is_moved, deleted_twice,
                 the_clock_goes_back, two_at_once, pushes_to_its_refs):
        with World() as the_world:
            tell(the_story, the_world)

#!/usr/bin/env -S python3 -B
"""What a pull request shows: a preview of what would become of its articles, told to the forge as a commit's status."""

import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from elsewhere import Elsewhere  # noqa: E402
from forge import Forge  # noqa: E402
from story import Story, World, wait_until  # noqa: E402

TEXT = "---\ntitle: Doses\n---\n\n# Doses\n\n60 mg.\n"


def rfc(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def clone_of(world, repository, person):
    return world.clone(repository, f"of-{person.id}")


def pull_request(author, number, branch, path, text, base="main"):
    """A topic branch and the ref that a forge makes for it; returns its tip."""
    author.git("checkout", "-q", "-B", branch, base)
    author.edit(path, text)
    tip = author.head()
    author.git("push", "-q", "--force", "origin", f"HEAD:refs/pull/{number}/head")
    author.git("checkout", "-q", "main")
    return tip


def told(world, kind, people, name, **status):
    """A repository with one approved article, its forge, and what the daemon's machine has."""
    repository = world.bare(name)
    author = world.clone(repository, f"{name}-author")
    author.publish_policy(world.policy(people, rules=[{"paths": ["**"], "approvals": 2}]))
    author.edit("content/a.md", TEXT)
    author.push()
    token = world.root / f"{name}-token"
    forge = Forge(kind)
    token.write_text(forge.token + "\n")
    here = Elsewhere(world, repository, name, remote={
        "heads": ["refs/pull/*/head"],
        "status": {"format": kind, "api": forge.api, "token": f"file:{token}", "allow": ["127.0.0.0/8"]} | status})
    return repository, author, forge, here, token


def asked(story, world, kind, people, name, said):
    """`remote check` asks the forge what git does not know."""
    _, _, forge, here, token = told(world, kind, people, name)
    here.once()
    with forge:
        forge.repository = said
        checked = world.imprimatur("remote", "check", config=here.config)
        story.equal(checked.status, 0, f"{kind}: remote check")
        for words in ("merge commit", "squash merge", "makes other commits of decisions", "may administer the repository"):
            story.ok(words in checked.out, f"{kind}: remote check says: {words}", checked)
        method, path, _, body = forge.requests[-1]
        story.equal((method, path, body), ("GET", forge.base, None), f"{kind}: which it asked for")
        lines = [line["step"] for line in world.imprimatur("remote", "check", "--json", config=here.config).json]
        story.equal(lines[-3:], ["merge commit", "squash merge", "token"], f"{kind}: in lines of JSON, too")
        token.write_text("another\n")
        checked = world.imprimatur("remote", "check", config=here.config)
        story.ok("answered 401" in checked.out, f"{kind}: a forge that refuses the token is said", checked)


def previews(story, world, kind, people, name):
    one, two, _ = people
    repository, author, forge, here, _ = told(world, kind, people, name)
    word = {"gitlab": {"pending": "running", "failure": "failed"}}.get(kind, {})
    with forge:
        running = here.daemon()
        tip = pull_request(author, 1, f"{name}-topic", "content/b.md", TEXT + "More.\n")
        here.wake()
        state, text = forge.await_status(tip, word.get("pending", "pending"))
        story.ok(text.startswith("0 of 2 approvals, waiting for "), f"{kind}: a pull request waits for reviewers", text)
        _, _, headers, body = forge.requests[-1]
        story.equal(body.get("name", body.get("context")), "imprimatur", "  under our name")
        reviewer = clone_of(world, repository, one)
        reviewer.git("fetch", "-q", "origin", "refs/pull/1/head")
        reviewer.git("checkout", "-q", "-B", "pr", "FETCH_HEAD")
        reviewer.decide(one, "approve", "content/b.md", push=False)
        reviewer.git("push", "-q", "origin", "HEAD:refs/pull/1/head")
        tip = reviewer.head()
        here.wake()
        state, text = forge.await_status(tip, word.get("pending", "pending"), "1 of 2")
        story.ok("waiting for onc" in text and "onc1" not in text, "  and for the second, after the first approved", text)
        entries = len(here.ledger())
        reviewer.decide(two, "approve", "content/b.md", push=False)
        reviewer.git("push", "-q", "origin", "HEAD:refs/pull/1/head")
        story.ok(here.wake() is None and forge.await_status(reviewer.head(), "success"), "  until both have")
        story.equal(len(here.ledger()), entries, "  and nothing of it is recorded")
        other = pull_request(author, 2, f"{name}-other", "README.md", "no article\n")
        here.wake()
        story.equal(forge.await_status(other, "success")[1], "no article", "  one without an article needs nobody")
        broken = pull_request(author, 3, f"{name}-broken", "content/c.md", "---\ntitle: [\n---\n")
        here.wake()
        story.ok("front-matter" in forge.await_status(broken, word.get("failure", "failure"))[1], "  a problem is a failure")
        running.stop()
    return repository, author, here


def more_verdicts(story, world, people):
    one, two, author_of_it = people
    repository, author, forge, here, _ = told(world, "github", people, "more")
    with forge:
        running = here.daemon()
        tip = pull_request(author, 1, "behind", "content/a.md", TEXT + "Mine.\n")
        here.wake()
        forge.await_status(tip, "pending", "0 of 2")
        author.edit("content/a.md", TEXT + "Theirs.\n")
        author.push()
        here.wake()
        story.equal(forge.await_status(tip, "pending", "update")[1], "update the branch first",
                    "an article that the branch changed too is to be merged first")
        many = "many"
        author.git("checkout", "-q", "-B", many, "main")
        for letter in "xyz":
            author.edit(f"content/{letter}.md", TEXT + letter)
        author.git("push", "-q", "origin", "HEAD:refs/pull/2/head")
        reviewer = clone_of(world, repository, two)
        reviewer.git("fetch", "-q", "origin", "refs/pull/2/head")
        reviewer.git("checkout", "-q", "-B", "pr", "FETCH_HEAD")
        reviewer.decide(two, "request-changes", "content/y.md", push=False)
        reviewer.decide(one, "approve", "content/x.md", push=False)
        reviewer.git("push", "-q", "origin", "HEAD:refs/pull/2/head")
        here.wake()
        story.equal(forge.await_status(reviewer.head(), "pending", "changes")[1],
                    "0 of 3 articles approved, changes requested by onc2", "an objection is named")
        author.git("checkout", "-q", "-B", "own", "main")
        author.write("content/own.md", TEXT + "own")
        author.commit("Mine", author=one)
        author.git("-c", f"user.signingkey={one.key}", "push", "-q", "origin", "HEAD:refs/pull/3/head")
        author.decide(one, "approve", "content/own.md", push=False)
        author.git("push", "-q", "origin", "HEAD:refs/pull/3/head")
        own = author.head()
        author.git("checkout", "-q", "main")
        here.wake()
        story.equal(forge.await_status(own, "failure")[1], "a decision by onc1 is refused (contributor)",
                    "an approval of one's own words is a failure, before any merge")
        long = pull_request(author, 4, "long", "content/" + "very-" * 30 + "long.md", "---\ntitle: [\n---\n")
        here.wake()
        story.equal(len(forge.await_status(long, "failure")[1]), 140, "what is longer than the forge takes is cut to 140 characters")
        count = len(forge.requests)
        here.wake()
        other = pull_request(author, 5, "last", "notes.txt", "x\n")
        here.wake()
        forge.await_status(other, "success")
        told_again = [path for _, path, _, _ in forge.requests[count:] if other not in path]
        story.equal(told_again, [], "what was said already is not said again")
        running.stop()


def faults(story, world, people):
    repository, author, forge, here, token = told(world, "github", people, "faults")
    here.write(ladder=[0, 1])
    with forge:
        running = here.daemon()
        forge.fail(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": lambda: str(int(time.time()) + 3)})
        tip = pull_request(author, 1, "limited", "content/b.md", TEXT)
        here.wake()
        forge.await_that(lambda: forge.requests, "a request")
        began = time.time()
        forge.await_status(tip, "pending")
        story.ok(1.5 < time.time() - began < 20, "403 with a reset holds the forge until then", time.time() - began)
        wait_until(lambda: here.statuses()[-1]["state"] == "delivered", here.state, what="the end of the try")
        story.equal((here.statuses()[-1]["commit"], here.statuses()[-1]["attempts"]), (tip, 1), "  and uses up no try")
        forge.fail(429, {"retry-after": "1"})
        tip = pull_request(author, 2, "later", "content/c.md", TEXT)
        here.wake()
        story.ok(forge.await_status(tip, "pending"), "so does Retry-After")
        forge.token = "rotated"
        tip = pull_request(author, 3, "expired", "content/d.md", TEXT)
        here.wake()
        forge.await_that(lambda: any(tip in path for _, path, _, _ in forge.requests), "a request with the old token")
        story.equal(forge.latest(tip), None, "an expired token is refused")
        token.write_text("rotated\n")
        story.ok(forge.await_status(tip, "pending"), "  and the new one is read without a reload")
        # The latest wins: while the forge is away the head moves twice.
        forge.fail(503, times=3)
        first = pull_request(author, 4, "moving", "content/e.md", "---\ntitle: [\n---\n")
        here.wake()
        forge.await_that(lambda: any(first in path for _, path, _, _ in forge.requests), "a first try")
        reviewer = clone_of(world, repository, people[1])
        reviewer.git("fetch", "-q", "origin", "refs/pull/1/head")
        reviewer.git("checkout", "-q", "-B", "pr", "FETCH_HEAD")
        reviewer.decide(people[1], "approve", "content/b.md", push=False)
        reviewer.git("push", "-q", "origin", "HEAD:refs/pull/1/head")
        here.wake()
        story.ok(forge.await_status(reviewer.head(), "pending", "1 of 2"), "after the forge was away the right state arrives")
        running.stop()
        said = running.log
        story.ok("rotated" not in said and "token-of-the-forge" not in said, "row 45: no token in the log", said)


def gitlab(story, world, people):
    repository, author, forge, here, _ = told(world, "gitlab", people, "gitlab-answers")
    with forge:
        running = here.daemon()
        author.git("checkout", "-q", "-B", "review/topic", "main")
        author.edit("content/b.md", TEXT)
        author.git("push", "-q", "origin", "review/topic")
        tip = author.head()
        author.git("checkout", "-q", "main")
        here.wake()
        forge.await_status(tip, "running", "0 of 2")
        story.equal(forge.statuses[tip][-1]["ref"], "review/topic", "GitLab is told the branch")
        reviewer = clone_of(world, repository, people[2])
        forge.locked = True
        reviewer.git("checkout", "-q", "review/topic")
        reviewer.decide(people[0], "request-changes", "content/b.md", push=False)
        reviewer.git("push", "-q", "origin", "HEAD:review/topic")
        here.wake()
        forge.await_that(lambda: any(reviewer.head() in path for _, path, _, _ in forge.requests), "the locked pipeline is asked")
        forge.locked = False
        # The same state again, with other words: GitLab answers 400.
        author.git("fetch", "-q", "origin")
        forge.statuses.setdefault(reviewer.head(), []).append({"state": "running", "description": "x", "name": "imprimatur"})
        wait_until(lambda: {row["state"] for row in here.statuses()} <= {"delivered", "dead"}, here.state, what="the answers")
        running.stop()
        states = {row["state"] for row in here.statuses()}
        story.equal(states, {"delivered"}, "409 of a locked pipeline is not a failure")
        before = len(forge.requests)
        forge.statuses[tip] = [{"state": "running", "description": "0 of 2", "name": "imprimatur"}]
        here.sql("DELETE FROM outbox_status", "DELETE FROM meta WHERE key = 'compared_at'")
        running = here.daemon()
        here.wake()
        forge.await_that(lambda: len(forge.requests) > before, "it is said again")
        wait_until(lambda: {row["state"] for row in here.statuses()} <= {"delivered", "dead"}, here.state, what="the answers")
        running.stop()
        states = {row["state"] for row in here.statuses()}
        story.equal(states, {"delivered"}, "the same state again, 400, is not a failure either")


def check_runs(story, world, people):
    """A GitHub App proves itself with its key, gets a token for an hour, and makes a check run that it changes."""
    key, public = world.root / "app.pem", world.root / "app.pub"
    world.run("openssl", "genrsa", "-out", key, "2048")
    world.run("openssl", "rsa", "-in", key, "-pubout", "-out", public)
    repository, author, forge, here, token = told(world, "github-check", people, "checks", app="1234", installation="42")
    token.write_text(key.read_text())
    forge.public_key = public
    with forge:
        running = here.daemon()
        tip = pull_request(author, 1, "checked", "content/b.md", TEXT)
        here.wake()
        _, text = forge.await_status(tip, "pending")
        story.ok(text.startswith("0 of 2 approvals"), "row 41: a check run, which the App alone can make, tells what is waited for", text)
        other = pull_request(author, 2, "checked-too", "README.md", "x\n")
        here.wake()
        forge.await_status(other, "success")
        story.equal(forge.minted, 1, "  one token serves for all that hour")
        author.edit("content/b.md", TEXT + "Merged by somebody.\n")
        author.push()
        here.wake()
        forge.await_status(tip, "pending", "update")
        story.equal((len(forge.runs), len(forge.statuses[tip])), (2, 2), "  another state changes the run that is there")
        forge.token = "revoked"
        third = pull_request(author, 3, "checked-again", "NOTES.md", "x\n")
        here.write(ladder=[0, 1])
        here.wake()
        forge.await_that(lambda: any((body or {}).get("head_sha") == third for _, _, _, body in forge.requests), "a request")
        running.stop()
        running = here.daemon()
        forge.await_status(third, "success")
        story.ok(forge.minted >= 2, "  a token that is refused is replaced")
        running.stop()
        story.ok("ghs_" not in running.log and "PRIVATE" not in running.log, "  and stands in no log", running.log)


def reconciliation(story, world, people):
    """The forge lost a status, or a hook did not come: by a clock of our own."""
    repository, author, forge, here, _ = told(world, "gitea", people, "missed")
    with forge:
        now = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
        tip = pull_request(author, 1, "lost", "content/b.md", TEXT)
        here.once(rfc(now))
        first = here.statuses()
        story.equal([(row["commit"], row["state"]) for row in first], [(tip, "waiting")], "a status waits")
        world.imprimatur("deliveries", "drop", str(first[0]["delivery"]), config=here.config)
        here.once(rfc(now + timedelta(minutes=15)))
        story.equal([row["state"] for row in here.statuses()], ["dropped", "waiting"], "one that did not arrive is put in again by 15 minutes later")
        tip = pull_request(author, 2, "missed-hook", "content/c.md", TEXT)
        here.once(rfc(now + timedelta(minutes=17)))
        running = here.daemon()
        story.ok(forge.await_status(tip, "pending"), "a head that no hook told of is found by the poll")
        running.stop()
    here.write(deliver=False)
    before = len(here.statuses())
    with Forge("gitea") as silent:
        pull_request(author, 3, "not-ours", "content/d.md", TEXT)
        author.edit("content/e.md", TEXT)
        author.push()
        done = here.once(rfc(now + timedelta(minutes=40)))
        story.equal((done.status, done.json[0]["entries"] > 0, len(here.statuses()) - before), (0, True, 0),
                    "a daemon that does not deliver puts nothing into its outbox")
        running = here.daemon()
        here.wake()
        story.equal((running.stop(), silent.requests), (0, []), "  and sends nothing that is left in there")




with Story("Statuses of commits on a forge") as story, World() as world:
    people = [world.person(f"onc{n}", f"Oncologist {n}", f"onc{n}@board.example") for n in (1, 2, 3)]
    for kind in ("github", "gitlab", "gitea"):
        previews(story, world, kind, people, kind)
        for n in (1, 2, 3):
            world.run("rm", "-rf", world.root / "clones" / f"of-onc{n}")
    many = {"allow_squash_merge": True, "permissions": {"admin": True, "push": True, "pull": True}}
    asked(story, world, "github", people, "github-asked", many | {"allow_merge_commit": True, "allow_rebase_merge": False})
    asked(story, world, "gitea", people, "gitea-asked", many | {"allow_merge_commits": True, "allow_rebase": False})
    asked(story, world, "gitlab", people, "gitlab-asked",
          {"merge_method": "merge", "squash_option": "default_on", "permissions": {"project_access": {"access_level": 40}}})
    more_verdicts(story, world, people)
    world.run("rm", "-rf", world.root / "clones" / "of-onc2")
    faults(story, world, people)
    gitlab(story, world, people)
    check_runs(story, world, people)
    reconciliation(story, world, people)

#!/usr/bin/env -S python3 -B
"""SECURITY.md, THREATS: what is tried with policies, clocks and zones. Each claim begins with the number of its row."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import LEDGER, Handbook  # noqa: E402
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402


def boards_that_are_refused(story, world):
    book = Siege(story, world).begin()
    one, two, editor = book.board
    board = [person.signer for person in book.board]
    key = lambda name: " ".join(Path(f"{world.new_key(name)}.pub").read_text().split()[:2])  # noqa: E731
    cases = {
        "a wildcard principal": [*board, f'*@board.example namespaces="git" {key("wild")}'],
        "a pattern of principals": [*board, f'{one.email},x@y.example namespaces="git" {key("list")}'],
        "cert-authority": [*board, f'{one.email} cert-authority,namespaces="git" {key("ca")}'],
        "no namespace": [*board, f"{one.email} {key('none')}"],
        "another namespace": [*board, f'{one.email} namespaces="git,file" {key("file")}'],
        "two persons with one key": [*board, f'{two.email} namespaces="git" {one.public_key}'],
        "an authority's key on the board": [*board, f'{one.email} namespaces="git" {world.authority.public_key}'],
        "a bound in local time": [*board, f'{one.email} valid-before="20301231",namespaces="git" {key("local")}'],
        "a signer who is nobody": [*board, f'nobody@board.example namespaces="git" {key("nobody")}'],
    }
    version = 1
    for what, lines in cases.items():
        version += 1
        book.policy.signers = lines
        book.publish(push=True, version=version)
        book.holds(f"row 10: {what}", "policy.rejected")
    book.policy.signers = board
    book.publish(push=True, version=version + 1, approvals_needed=1)
    book.holds("row 10: an unknown key of the policy", "policy.rejected")
    book.policy.json.pop("approvals_needed")
    book.approve(one)
    book.becomes("row 10: the last valid policy stays in force", f"approval {A} by onc1: Approved")
    story.equal(book.ledger()[-1]["Policy"], "1", "row 10: the first")


def who_signs_it(story, world):
    book = Siege(story, world, name="signed").begin()
    git, contributor = book.author.git, world.person("else", "Somebody Else", "else@elsewhere.example")
    first = git("rev-parse", "HEAD:.imprimatur")
    book.policy.json["people"].append(contributor.in_policy)
    book.policy.signers.append(contributor.signer)
    (book.author.path / ".imprimatur/allowed_signers").write_text("\n".join(book.policy.signers) + "\n")
    git("add", ".imprimatur")
    book.commit("Add a key to the board")
    book.holds("row 16: a contributor adds a key to the board", "policy.rejected")
    git("-c", f"user.signingkey={world.authority.key}", "commit", "-q", "-S", "--allow-empty", "-m", "Ordinary work",
        env={"GIT_COMMITTER_DATE": book.pass_time()})
    book.author.push()
    book.holds("row 16: the authority signs a commit on top of it")
    book.author.write_policy(book.policy)
    book.author.sign_policy(contributor.key)
    book.commit("Sign it oneself")
    book.holds("row 16: the contributor signs the manifest", "policy.rejected")
    book.author.sign_policy(namespace="git")
    book.commit("With the authority's signature for another purpose")
    book.holds("row 16: the authority's signature of something else", "policy.rejected")
    book.decided(contributor, "approve", A)
    book.holds("row 16: that key is not on the board", "unknown-key")

    book.policy.json["people"].pop()
    book.policy.signers.pop()
    del book.policy.json["people"][0], book.policy.signers[0]
    book.amend()
    book.once()
    book.forget()
    git("rm", "-q", "-r", "--cached", ".imprimatur")
    git("read-tree", "--prefix=.imprimatur", first)
    git("checkout-index", "-f", "-a")
    book.commit("Put the first policy back")
    book.holds("row 17: an old policy, validly signed", "policy.rejected")
    book.decided(book.one, "approve", A)
    book.holds("row 17: a key that was removed since is not back", "unknown-key")

    book.publish(push=True, name="cookbook", version=9)
    book.holds("row 34: a policy of another repository of this authority", "policy.rejected")
    book.publish(push=True, name="handbook", version=9)
    book.becomes("row 34: with the right name it is one", "policy")


def zones(story, world):
    """Row 9: one history, and the ledgers of three daemons in three zones."""
    one = world.person("onc1", "Oncologist One", "one@board.example", credentials_until="2026-11-24")
    two = world.person("onc2", "Oncologist Two", "two@board.example", away=[["2026-11-23", "2026-11-24"]])
    book = Handbook(world)
    book.policy = world.policy([one, two], rules=[{"paths": ["**"], "approvals": 2, "valid_months": 3}])
    book.policy.signers[1] = two.signer.replace("namespaces", 'valid-before="20261125000000Z",namespaces')
    book.publish()
    stages = []

    def stage():
        stages.append((book.author.head(), book.now))
        book.pass_time()

    book.write(A, B, push=False)
    stage()
    book.author.write(A, "# After midnight in one zone, before it in the other\n")
    book.commit(push=False)
    stage()
    book.pass_time(days=1, hours=14, minutes=20)
    book.decide(one, "approve", A, push=False)
    book.decide(two, "approve", A, push=False)
    stage()
    book.pass_time(minutes=30)
    book.decide(one, "approve", B, push=False, at="2026-11-24T23:59:59Z")
    book.decide(two, "approve", B, push=False, at="2026-11-24T23:59:59-1100")
    stage()
    book.pass_time(days=93)
    stage()
    ledgers = {}
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles", "UTC"):
        name = zone.rpartition("/")[2].lower()
        repository = world.bare(name)
        config = world.configure(repository, file=f"{name}.json", name="handbook")
        for commit, moment in stages:
            book.author.git("push", "-q", repository, f"{commit}:refs/heads/main")
            done = world.imprimatur("once", config=config, now=moment, env={"TZ": zone})
            if done.status:
                raise RuntimeError(f"{zone}: {done}")
        entries = world.ledger(repository)
        ledgers[zone] = [entry["oid"] for entry in entries]
        shutil.rmtree(repository)
    story.equal([(entry["Event"], entry.get("Refusal")) for entry in entries if entry.get("Person") or entry["Event"] == "expiry"],
                [("approval", None), ("approval", None), ("refusal", "credentials-expired"), ("expiry", None)],
                "row 9: in UTC the last day lasts until midnight, and not longer")
    story.equal(ledgers["Pacific/Kiritimati"], ledgers["UTC"], "row 9: on Kiritimati the ledger is the same, byte for byte")
    story.equal(ledgers["America/Los_Angeles"], ledgers["UTC"], "row 9: and in Los Angeles")
    story.equal(book.tip(LEDGER), "", "row 9: each made by its own daemon")


with Story("What is tried with policies and zones") as the_story:
    for tell in (boards_that_are_refused, who_signs_it, zones):
        with World() as the_world:
            tell(the_story, the_world)

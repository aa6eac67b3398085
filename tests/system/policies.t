#!/usr/bin/env -S python3 -B
"""Which policy is in force, why another is not, and what a new one does to what is under way."""

import copy
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook, follow  # noqa: E402
from story import Policy, Story, World  # noqa: E402

A = "content/a.md"


def board(world):
    return (world.person("onc1", "Oncologist One", "one@board.example"),
            world.person("onc2", "Oncologist Two", "two@board.example"),
            world.person("ed1", "Editor One", "editor@example.org", roles=("editor",)))


class Rejections:
    """One broken policy after another at the tip; the first stays in force."""

    def __init__(self, story, world):
        self.story, self.world = story, world
        self.book = Handbook(world, board(world))
        self.book.write(A)
        self.book.once()
        self.book.told()
        self.book.new()
        self.signed = (self.book.policy.json, self.book.policy.signers)
        self.version = 1

    def try_out(self, what, sentence, change=lambda policy: None, folder=lambda folder: None, sign=None):
        """A second version, changed before or after it was signed, is rejected in a sentence that holds these words."""
        book, git = self.book, self.book.author.git
        self.version += 1
        policy = Policy(*copy.deepcopy(self.signed))
        policy.json["version"] = self.version
        change(policy)
        shutil.rmtree(book.author.path / ".imprimatur", ignore_errors=True)
        book.author.write_policy(policy)
        if sign:
            book.author.sign_policy(**sign)
        folder(book.author.path / ".imprimatur")
        git("add", "-A", ".")
        bad = book.commit()
        report, told = book.once(), book.told()
        said = [(message["type"], message["data"]["source"], message["data"]["reason_text"]) for message in told]
        self.story.ok(len(said) == 1 and said[0][:2] == ("policy.rejected", bad) and sentence in said[0][2]
                      and "@" not in said[0][2] and (report["policy"], report["entries"]) == (1, 0),
                      f"{what}: {sentence}", (said, report))


def rejections(story, world):
    trial = Rejections(story, world)
    book, try_out = trial.book, trial.try_out
    other_key = world.new_key("other")
    authority = world.authority.public_key

    def json_with(**keys):
        return lambda policy: policy.json.update(keys)

    def text(name, old, new):
        def change(folder):
            path = folder / name
            path.write_text(path.read_text().replace(old, new, 1))
        return change

    def signer(line):
        return lambda policy: policy.signers.__setitem__(0, line(policy.signers[0]))

    try_out("an unknown key", 'approvers: unknown key', json_with(approvers=2))
    try_out("an unknown key of a rule", 'aprovals: unknown key', json_with(rules=[{"paths": ["**"], "aprovals": 2}]))
    try_out("no last rule", "**", json_with(rules=[{"paths": ["content/**"], "approvals": 1}]))
    try_out("no rules", "rules", json_with(rules=[]))
    try_out("no approvals", "approvals", json_with(rules=[{"paths": ["**"], "approvals": 0}]))
    try_out("more specialists than approvals", "specialists",
            json_with(rules=[{"paths": ["**"], "approvals": 1, "specialists": 2, "specialty": "x"}]))
    try_out("two people of one id", "onc1", lambda policy: policy.json["people"][1].update(id="onc1"))
    try_out("two people of one address", "is already an address of onc1",
            lambda policy: policy.json["people"][1].update(emails=["ONE@board.example"]))
    try_out("a pattern that climbs", "../", json_with(articles=["../**"]))
    try_out("no JSON", "policy.json", lambda policy: policy.json.clear())
    try_out("a wildcard", "allowed_signers:1", signer(lambda line: line.replace("one@", "*@")))
    try_out("a certificate authority", "allowed_signers:1",
            signer(lambda line: line.replace("namespaces", "cert-authority,namespaces")))
    try_out("no namespaces", "allowed_signers:1", signer(lambda line: line.replace('namespaces="git" ', "")))
    try_out("another namespace", "allowed_signers:1", signer(lambda line: line.replace('"git"', '"git,file"')))
    try_out("a time without a zone", "allowed_signers:1",
            signer(lambda line: line.replace("namespaces", 'valid-before="20270101",namespaces')))
    try_out("an address of nobody's", "allowed_signers:1", signer(lambda line: line.replace("one@", "none@")))
    try_out("one key of two people", "allowed_signers:2",
            lambda policy: policy.signers.__setitem__(1, policy.signers[1].rsplit(" ", 2)[0] + " "
                                                      + " ".join(policy.signers[0].split()[-2:])))
    try_out("the authority on the board", "authority",
            signer(lambda line: line.rsplit(" ", 2)[0] + " " + authority))
    try_out("a short key", "allowed_signers:1",
            signer(lambda line: line.rsplit(" ", 2)[0] + " " + short_key(world)))
    try_out("a file changed after signing", "manifest", folder=text("POLICY.md", "Every", "No"))
    try_out("a stranger's signature", "manifest.sig", sign={"key": other_key})
    try_out("a signature for files", "manifest.sig", sign={"namespace": "file"})
    try_out("no signature", "manifest.sig", folder=lambda folder: (folder / "manifest.sig").unlink())
    try_out("another manifest", "manifest", folder=text("manifest", "a", "b"))
    try_out("something else in the folder", "stray", folder=lambda folder: (folder / "stray").write_text("x"))
    try_out("a folder in the folder", "sub", folder=lambda folder: ((folder / "sub").mkdir(),
                                                                    (folder / "sub/x").write_text("x")))
    try_out("a link in the place of a file", "POLICY.md",
            folder=lambda folder: ((folder / "POLICY.md").unlink(), (folder / "POLICY.md").symlink_to("policy.json")))
    try_out("no readable text", "POLICY.md", folder=lambda folder: (folder / "POLICY.md").unlink())
    try_out("a reviewer's signature", "manifest.sig", sign={"key": board_key(world)})
    try_out("a signature for git", "manifest.sig", sign={"namespace": "git"})
    try_out("another repository's", '"cookbook"', json_with(name="cookbook"))
    try_out("the same version", "version 1", json_with(version=1, competing_interests="optional"))
    try_out("no folder", ".imprimatur", folder=shutil.rmtree)
    book.once()
    story.equal(book.told(), [], "each is said once")
    book.policy.json, book.policy.signers = trial.signed
    book.publish(push=True)
    story.equal((book.passed(), book.told()), ([], []), "put back, all is as it was")
    book.publish(push=True, version=trial.version + 1)
    story.equal(book.passed(), ["policy"], "and a good one after all these is in force")


def short_key(world):
    key = world.root / "keys/short"
    if not key.exists():
        world.new_key("short", "-t", "rsa", "-b", "2048")
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


def board_key(world):
    return world.root / "keys/onc1"


def old_ones_and_intruders(story, world):
    """Only what the authority signed, and only forward."""
    one, two, editor = people = board(world)
    book = Handbook(world, people)
    book.write(A)
    book.once()
    old = book.author.head()
    book.policy.json["people"] = [person.in_policy for person in (two, editor)]
    book.policy.signers = [person.signer for person in (two, editor)]
    book.amend()
    story.equal(book.passed()[-1], "policy", "a reviewer leaves with version 2")
    book.new()
    book.told()
    book.author.git("checkout", "-q", old, "--", ".imprimatur")
    book.commit()
    commit = book.decide(one, "approve", A)
    story.equal(book.passed(), [], "version 1, put back with its good signature, does not bring them back")
    told = book.told()
    story.equal(sorted((message["type"], message["data"]["refusal"]) for message in told),
                [("decision.refused", "unknown-key"), ("policy.rejected", None)], "both are told")
    story.ok([message for message in told if message["data"]["decision"] == commit], "with the decision", told)
    story.ok("version 1 is not greater than 2" in next(message["data"]["reason_text"] for message in told
                                                      if message["type"] == "policy.rejected"), "and the reason")
    book.author.git("checkout", "-q", "HEAD~2", "--", ".imprimatur")
    signers = book.author.path / ".imprimatur/allowed_signers"
    signers.write_text(signers.read_text() + one.signer + "\n")
    book.author.git("add", ".imprimatur")
    book.commit("A contributor adds a key")
    book.author.git("-c", f"user.signingkey={world.authority.key}", "commit", "-q", "-S", "--allow-empty", "-m",
                    "On top",
                    env={"GIT_COMMITTER_DATE": book.pass_time(), "GIT_COMMITTER_EMAIL": world.authority.email})
    book.author.push()
    book.decide(one, "approve", A)
    story.equal(book.passed(), [],
                "a key that a contributor added counts for nothing, whatever the authority signs on top")
    story.ok("manifest" in next(message["data"]["reason_text"] for message in book.told(r"policy\.rejected")),
             "but the manifest")
    book.decide(two, "approve", A)
    story.equal(book.passed(), [f"approval {A} by onc2: Approved"], "the policy in force goes on serving")


def first_policies(story, world):
    people = board(world)
    book = Handbook(world, name="first")
    book.write(A)
    report = book.once()
    story.ok("no policy" in report["waiting_for"] and book.told() == [], "before a policy there is nothing to reject",
             report)
    book.policy = world.policy(people)
    book.policy.json["nmae"] = "x"
    book.publish(push=True)
    report = book.once()
    story.equal([message["type"] for message in book.told()], ["policy.rejected"], "but a first one that is wrong")
    story.ok(report["policy"] is None and book.ledger() == [] and book.tip("approved") == "", "nothing else happens",
             report)
    del book.policy.json["nmae"]
    book.publish(push=True)
    story.equal(book.passed(), ["start", "policy", f"submission {A}: Submitted (adopted)"], "mended, it is in force")
    authority = world.root / "authority"
    before = authority.read_text()
    other = world.person("new", "New Authority", "new@authority.example")
    book.policy.json["version"] = 2
    book.author.write_policy(book.policy)
    book.author.sign_policy(key=other.key)
    book.commit()
    book.told()
    book.once()
    story.ok("manifest.sig" in book.told()[0]["data"]["reason_text"], "another authority's is rejected")
    authority.write_text(before + f'{other.email} namespaces="imprimatur-policy" {other.public_key}\n')
    story.equal(book.passed(), ["policy"], "until the configured file names it, without another push")


def later_adoption_and_removal(story, world):
    one, two, editor = people = board(world)
    book = Handbook(world, people)
    book.write(A, "news/today.md")
    book.once()
    book.approve(one)
    book.once()
    book.new()
    book.told()
    book.write("news/later.md", "content/new.md", push=False)
    book.amend(articles=["content/**/*.md", "news/*.md"])
    story.equal(book.passed(), ["policy", "submission content/new.md: Submitted (new)",
                                "submission news/later.md: Submitted (adopted)",
                                "submission news/today.md: Submitted (adopted)"],
                "a later policy adopts what it makes articles")
    story.equal([(message["type"], message["data"]["count"]) for message in book.told()],
                [("policy.changed", None), ("article.submitted", None), ("review.requested", None),
                 ("repository.adopted", 2)], "in one event; what is new beside it has its own")
    book.decide(two, "request-changes", "news/today.md")
    book.approve(one, article="news/later.md")
    book.once()
    book.new()
    book.amend(articles=["content/**/*.md"])
    story.equal(book.passed(), ["policy", "removal news/later.md: Removed", "removal news/today.md: Removed"],
                "what no pattern matches any more is removed")
    story.equal(list(book.approved()), [A], "and unpublished")
    book.amend(exclude=["content/new.md"])
    story.equal(book.passed(), ["policy", "removal content/new.md: Removed"], "and so is what is excluded")
    book.amend(articles=["content/**/*.md", "news/*.md"], exclude=[])
    story.equal(book.passed()[:4], ["policy", "submission content/new.md: Submitted (adopted)",
                                    "submission news/later.md: Submitted (adopted)",
                                    "submission news/today.md: Submitted (changes-requested)"],
                "adopted again, and an objection has waited")
    story.equal([entry["Round"] for entry in book.ledger() if entry.get("Policy") == "5" and "Round" in entry][:3],
                ["2", "2", "2"], "in the second round")


def rejudgment(story, world):
    one, two, editor = board(world)
    three = world.person("onc3", "Oncologist Three", "three@board.example")
    people = [one, two, three, editor]
    book = Handbook(world, people, rules=[{"paths": ["**"], "approvals": 2}])
    book.author.push()
    book.once()
    book.write("content/approved.md", "content/claimed.md", "content/half.md", "content/objected.md",
               "content/quiet.md")
    book.once()
    book.approve(one, two, article="content/approved.md")
    book.approve(one, article="content/half.md")
    book.decide(one, "claim", "content/claimed.md")
    book.decide(one, "request-changes", "content/objected.md")
    book.once()
    book.new()

    def with_people(*changed, rules=None, signers=None):
        book.policy.json["people"] = [person.in_policy for person in changed]
        book.policy.signers = signers or [person.signer for person in changed]
        book.amend(**({"rules": rules} if rules else {}))
        return book.passed()

    rotated = world.new_key("onc1-new")
    old_key, one.key = one.key, rotated
    story.equal(with_people(one, two, three, editor), [
        "policy", "rejudgment content/claimed.md: Submitted (rejudged)",
        "rejudgment content/half.md: Submitted (rejudged)"],
        "another key of a person's: what the old one signed falls away, objections and Approved stay")
    book.decide(one, "approve", "content/half.md", key=old_key)
    book.decide(one, "approve", "content/half.md")
    story.equal(book.passed(), ["approval content/half.md by onc1: Under Review"],
                "the new one counts, the old one not")
    story.equal(with_people(one, two, three, editor, rules=[{"paths": ["**"], "approvals": 1}]),
                ["policy", "rejudgment content/half.md: Approved"], "a laxer rule approves what has enough")
    story.ok("content/half.md" in book.approved(), "and publishes it")
    story.equal(book.ledger()[-1]["Valid-until"][:10], "2027-11-23", "for as long as its approval is good")
    lines = with_people(one, two, three, editor, rules=[{"paths": ["**"], "approvals": 3}])
    story.equal([line for line in lines if "rejudgment" in line], [], "a stricter one leaves what is Approved")
    story.equal({line.split()[1][:-1] for line in lines if line.startswith("request")},
                {"content/claimed.md", "content/quiet.md", "content/objected.md"}, "and asks more people for the rest")
    book.approve(three, article="content/approved.md")
    book.once()
    entry = book.new()[-1]
    story.equal((entry["Article"], entry["State"]), ("content/approved.md", "Approved"), "one approval more is welcome")
    one.roles = ("editor",)
    lines = with_people(one, two, three, editor)
    asked = {entry["Article"]: entry["Requested"] for entry in book.ledger() if entry["Event"] == "rejudgment"}
    story.ok({"rejudgment content/claimed.md: Submitted (rejudged)",
              "rejudgment content/quiet.md: Submitted (new)"} <= set(lines), "who is not a reviewer is no longer asked",
             (lines, asked))
    story.equal(book.state("content/approved.md"), "Approved", "what is Approved stays")
    story.equal(book.state("content/objected.md"), "Submitted (changes-requested)", "and so do objections")
    gone = one
    lines = with_people(two, three, editor)
    book.decide(editor, "dismiss", "content/objected.md", of=gone.id)
    story.ok("dismissal content/objected.md by ed1: Submitted (withdrawn)" in book.passed(),
             "an objection of somebody no longer there can be dismissed")
    book.decide(two, "withdraw", "content/approved.md")
    story.equal(book.passed()[0], "withdrawal content/approved.md by onc2: Under Review",
                "at the next withdrawal an approved article is judged by the rules in force")


def asking(story, world):
    """Who is asked, and who waits until somebody is free."""
    one = world.person("onc1", "Oncologist One", "one@board.example", specialties=["oncology"], capacity=1)
    two = world.person("onc2", "Oncologist Two", "two@board.example", away=[["2026-11-20", "2026-11-24"]])
    three = world.person("onc3", "Oncologist Three", "three@board.example", credentials_until="2026-11-22")
    four = world.person("onc4", "Oncologist Four", "four@board.example", capacity=1)
    editor = world.person("ed1", "Editor One", "editor@example.org", roles=("editor",))
    book = Handbook(world, [one, two, three, four, editor], rules=[
        {"paths": ["content/oncology/**"], "approvals": 1, "specialists": 1, "specialty": "oncology"},
        {"paths": ["**"], "approvals": 2}])
    book.author.push()
    book.once()
    book.new()

    def asked():
        return {entry["Article"]: entry["Requested"] for entry in book.new() if entry["Requested"]}

    book.write(A)
    book.once()
    story.equal(asked(), {A: ["onc1", "onc4"]}, "nobody who is away or whose credentials have lapsed")
    for path in ("content/oncology/x.md", "content/b.md"):
        book.write(path)
        book.once()
        story.equal(asked(), {}, "nobody beyond their capacity")
    book.decide(one, "decline", A)
    book.once()
    story.equal(asked(), {"content/oncology/x.md": ["onc1"]}, "who is free is asked for what waits, oldest first")
    book.pass_time(days=2)
    book.once()
    story.equal(asked(), {A: ["onc2"], "content/b.md": ["onc2"]}, "and who comes back, for all that waits")
    book.write("content/c.md", text="---\nreviewers: [onc2, onc9]\n---\n# C\n", by=four)
    book.decide(two, "decline", "content/b.md")
    book.once()
    story.equal(asked(), {"content/c.md": ["onc2"]}, "no author is asked, nor who declined, nor who is nobody")


with Story("Policies") as the_story:
    for tell in (rejections, old_ones_and_intruders, first_policies, later_adoption_and_removal, rejudgment,
                 asking):
        with World() as the_world:
            tell(the_story, the_world)
            follow(the_story, the_world)

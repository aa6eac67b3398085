#!/usr/bin/env -S python3 -B
"""A board changes: people come and go, keys are added, and before a policy is signed it is said what that does."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import terminal  # noqa: E402
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

TEXT = "# Policy\n\n## The board\n\nReviewers:\n\n- Oncologist One\n- Oncologist Two\n\nEditors:\n\n- Editor One\n"


def begin(world):
    people = [world.person("onc1", "Oncologist One", "one@board.example"),
              world.person("onc2", "Oncologist Two", "two@board.example"),
              world.person("ed1", "Editor One", "editor@board.example", roles=("editor",))]
    book = Handbook(world, people, name="handbook", rules=[{"paths": ["**"], "approvals": 2}])
    book.policy.text = TEXT
    book.amend()
    book.write("content/a.md", "content/b.md")
    book.once()
    book.write("content/a.md", text="# A\n\nNew.\n")
    book.once()
    book.approve(people[0])
    book.once()
    book.author.pull()
    return book, people


def policy_of(clone):
    return json.loads((clone.path / ".imprimatur/policy.json").read_text())


def editing(story, world, book):
    clone = book.author
    key = world.new_key("three")
    said = world.imprimatur("policy", "add-person", f"Oncologist Three <three@board.example> {key}.pub specialty=oncology",
                            cwd=clone.path)
    policy = policy_of(clone)
    story.equal((said.status, said.err, policy["version"]), (0, "", 3), "a person is added, and the version raised")
    story.equal(policy["people"][-1], {"id": "three", "name": "Oncologist Three", "emails": ["three@board.example"],
                                       "roles": ["reviewer"], "specialties": ["oncology"]}, "  as they were described")
    signers = (clone.path / ".imprimatur/allowed_signers").read_text()
    story.ok(signers.endswith(f'three@board.example namespaces="git" {" ".join(Path(f"{key}.pub").read_text().split()[:2])}\n'),
             "  with the key", signers)
    story.ok("- Oncologist Two\n- Oncologist Three\n" in (clone.path / ".imprimatur/POLICY.md").read_text(), "  and on the board that is published")
    said = world.imprimatur("policy", "add-key", "onc2", f"{world.new_key('second')}.pub", cwd=clone.path)
    story.equal((said.status, policy_of(clone)["version"]), (0, 3), "a key is added to the same version")
    said = world.imprimatur("policy", "remove-person", "ONE@board.example", cwd=clone.path)
    story.equal((said.status, [person["id"] for person in policy_of(clone)["people"]]), (0, ["onc2", "ed1", "three"]), "a person leaves")
    story.ok("one@board.example" not in (clone.path / ".imprimatur/allowed_signers").read_text()
             and "Oncologist One" not in (clone.path / ".imprimatur/POLICY.md").read_text(), "  with key and name")
    before = (clone.path / ".imprimatur/policy.json").read_text()
    for arguments, status, part in ((("remove-person", "onc3"), 1, 'nobody with the id "onc3"; did you mean "onc2"?'),
                                    (("remove-person", "nobody"), 1, "write one of: onc2, ed1, three"),
                                    (("add-person", "D <d@b.example> reviewer", "E <e@b.example> id=onc2"), 1, "somebody with the id"),
                                    (("add-key", "onc2", "none.pub"), 2, "none.pub"),
                                    (("add-person", "Nobody"), 2, "is not a person"),
                                    (("add-person", "A <a@b.example> reviewr"), 2, '"reviewr": did you mean "reviewer"?'),
                                    (("add-key", "onc2", "ssh-ed25519"), 2, "nor a whole key, which has blanks and is quoted"),
                                    (("add-person", "Another <x@y.example> id=onc2"), 1, 'somebody with the id "onc2"'),
                                    (("add-key", "three", f"{key}.pub"), 3, "would not be a policy")):
        said = world.imprimatur("policy", *arguments, cwd=clone.path)
        story.ok(said.status == status and part in said.err and said.out == "", f"a mistake: {part}", said)
    story.equal((clone.path / ".imprimatur/policy.json").read_text(), before, "  and nothing is written then")


def signing(story, world, book):
    clone = book.author
    words = clone.path / ".imprimatur/POLICY.md"
    text = words.read_text()
    words.write_text(text.replace("Oncologist Three", "Somebody"))
    status, said = terminal.run(world, world.program, "policy", "sign", "-k", world.authority.key, cwd=clone.path,
                                env={"IMPRIMATUR_NOW": book.now}, answers=[("Sign it? (yes/no)", "no\n")])
    told = " ".join(said.split())
    story.ok(status == 1 and "nothing is signed" in told, "before it is signed one is asked", said)
    for part in ("policy 3, against 2, which is in force", "new: Oncologist Three (three), reviewer, with 1 SSH key",
                 "leaves: Oncologist One (onc1); of theirs fall away: 0 open requests, 1 claim and approval of articles",
                 "POLICY.md does not name Oncologist Three, though it names others",
                 "new: the key ssh-ed25519"):
        story.ok(part in told, f"  and told: {part}", said)
    words.write_text(text)
    said = world.imprimatur("policy", "sign", "-k", world.authority.key, cwd=clone.path, now=book.now)
    story.ok(said.status == 0 and "leaves: Oncologist One" in said.out and "policy 3 is signed" in said.out, "without a terminal it is told too", said)
    clone.git("update-ref", "-d", "refs/imprimatur/ledger")
    said = world.imprimatur("policy", "sign", "-k", world.authority.key, cwd=clone.path, now=book.now)
    story.ok(said.status == 0 and "is not shown" in said.out and "git fetch origin 'refs/imprimatur/*" in said.out,
             "  and where the clone does not know what was before, that is said", said)
    clone.git("add", ".imprimatur")
    clone.commit("Policy 3", at=book.pass_time())
    clone.push()
    book.once()
    story.equal([entry["Policy"] for entry in book.ledger() if entry["Event"] == "policy"], ["2", "3"], "it takes effect")
    story.equal(book.state(), "Submitted (rejudged)", "  as it was told")


with Story("A board changes") as tale, World() as here:
    the_book, _ = begin(here)
    editing(tale, here, the_book)
    signing(tale, here, the_book)

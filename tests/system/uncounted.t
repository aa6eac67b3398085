#!/usr/bin/env -S python3 -B
"""Decisions that never become one: nobody has signed them, or their branch is not quite the right one. The ledger says
nothing of them; the chats, status, explain, log and check do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402


def words(result):
    return " ".join(result.out.split())


with Story("What is not counted") as story, World() as world:
    book = Siege(story, world).begin(A, B)
    one, two = book.one, book.two
    book.decided(two, "claim", A)
    forgotten = book.decided(one, "approve", A, options=(), branch="review/onc1/forgotten")
    misnamed = book.decided(two, "approve", B, branch="reviews/onc2/misnamed")
    book.decided(one, "approve", B, options=(), branch="notes/idea")
    book.once()
    told = book.told(r"decision\.refused")
    story.equal([message["data"]["decision"] for message in told], [forgotten], "one of them is refused")
    for part in (forgotten[:12], 'branch "review/onc1/forgotten"', "onc1 (Oncologist One)", A, "git commit -S"):
        story.ok(part in told[0]["data"]["reason_text"], f"  and the message says {part}", told[0]["data"])

    clone = world.clone(book.bare, "reader")
    clone.git("fetch", "-q", "origin", "refs/imprimatur/ledger:refs/imprimatur/ledger")
    unsigned = f'Not counted: Commit {forgotten[:12]} on the branch "review/onc1/forgotten", whose author is given as ' \
               f'onc1 (Oncologist One), about "{A}": The commit carries no signature'
    nowhere = f'Not counted: Commit {misnamed[:12]} on the branch "reviews/onc2/misnamed", whose author is given as onc2 ' \
              f'(Oncologist Two), about "{B}": Nobody looks at this branch, since decisions are pushed to review/**: git push ' \
              f"origin {misnamed[:12]}:refs/heads/review/onc2/misnamed"
    for what, options in (("the daemon's repository", {"config": book.config}), ("a clone", {"cwd": clone.path})):
        said = world.imprimatur("status", now=book.now, **options)
        story.ok(unsigned in words(said), f"status in {what}: what is not signed", said)
        story.ok(nowhere in words(said), f"status in {what}: what lies on a branch with nearly the right name", said)
        story.equal(words(said).count("Not counted"), 2, f"status in {what}: and nothing else")
        said = world.imprimatur("explain", A, now=book.now, **options)
        story.ok(unsigned in words(said) and nowhere not in words(said), f"explain in {what}: what is about the article", said)
        said = world.imprimatur("status", B, now=book.now, **options)
        story.ok(nowhere in words(said) and unsigned not in words(said), f"status of one article in {what}: likewise", said)
        said = world.imprimatur("log", now=book.now, **options)
        story.ok(unsigned in words(said) and nowhere in words(said) and said.out.index("Not counted") < said.out.index("claimed"),
                 f"log in {what}: both, above what is recorded", said)
        said = world.imprimatur("log", A, now=book.now, **options)
        story.ok(unsigned in words(said) and nowhere not in words(said), f"log of one article in {what}: what is about it", said)
        lines = world.imprimatur("log", "--json", now=book.now, **options).json
        facts = [(line["oid"], line["branch"], line["person"], line["verdict"], line["articles"], line["refusal"])
                 for line in lines if line["event"] == "unrecorded"]
        story.equal(facts, [(forgotten, "review/onc1/forgotten", "onc1", "approve", [A], "unsigned"),
                            (misnamed, "reviews/onc2/misnamed", "onc2", "approve", [B], None)], f"log --json in {what}: behind the entries")
        story.ok(lines[0]["event"] == "claim" and "git push origin" in lines[-1]["sentence"], "  with what to do", lines)
        whole = world.imprimatur("status", "--json", now=book.now, **options).json[-1]["unrecorded"]
        story.equal([one["oid"] for one in whole], [forgotten, misnamed], f"status --json in {what}: in the line for the whole")
        one = world.imprimatur("explain", B, "--json", now=book.now, **options).json[0]["unrecorded"]
        story.equal([one["oid"] for one in one], [misnamed], f"explain --json in {what}: what is about the article")
        said = world.imprimatur("check", now=book.now, **options)
        story.ok("reviews/onc2/misnamed: warning: Commit" in said.out and "review/onc1/forgotten: warning: Commit" in said.out,
                 f"check in {what} warns of both", said)

    book.forget()
    clone.git("push", "-q", "origin", f"{misnamed[:12]}:refs/heads/review/onc2/misnamed", ":refs/heads/reviews/onc2/misnamed",
              ":refs/heads/review/onc1/forgotten")
    book.becomes("what was said to be typed counts the approval", f"approval {B} by onc2: Approved")
    said = world.imprimatur("status", config=book.config, now=book.now)
    story.ok("Not counted" not in said.out, "and then there is nothing to say", said)

#!/usr/bin/env -S python3 -B
"""What is not proved, or may be somebody's doing, reads pending."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Shop  # noqa: E402
from story import Story, World  # noqa: E402

SECRET = b"A sentence that nobody has approved"


def reads_pending(shop, name, folder=None):
    page = shop.read(f"a/{name}/index.html", folder)
    alive = json.loads(shop.read("alive.json", folder))
    status = json.loads(shop.read(f"s/content/{name}.md.json", folder))
    return "Pending human review" in page and "Reviewed for accuracy" not in page and alive["ok"] is False \
        and status["approved"] is None and "Approved:" not in shop.read("feed.atom", folder)


def proofs(story, world, shop):
    clone = shop.author
    clone.pull()
    authority = str(world.authority_file)
    at = {"cwd": clone.path, "now": shop.moment()}
    folder = world.root / "clone-site"
    done = world.imprimatur("site", folder, **at)
    story.ok(done.status == 1 and "--authority" in done.err and reads_pending(shop, "good", folder),
             "in a clone without the authority's keys everything reads pending, and why is said", done)
    done = world.imprimatur("site", folder, "--authority", authority, **at)
    story.ok(done.status == 0 and "Reviewed for accuracy" in shop.read("a/good/index.html", folder),
             "with them it reads as on the server", done)
    stranger = world.person("stranger", "Stranger", "stranger@example.org")
    other = world.root / "other-authority"
    other.write_text(f'x@y.example namespaces="imprimatur-policy" {stranger.public_key}\n')
    done = world.imprimatur("site", folder, "--authority", other, **at)
    story.ok(done.status == 1 and "is not signed by the authority" in done.err and reads_pending(shop, "good", folder),
             "with another authority's keys it reads pending", done)
    done = world.imprimatur("site", folder, "--unsigned", **at)
    story.ok(done.status == 0 and "Reviewed for accuracy" in shop.read("a/good/index.html", folder),
             "--unsigned believes the ledger", done)


def unsigned_entry(story, world, shop):
    """Somebody with access to a clone adds an approval to its ledger."""
    clone = world.clone(shop.repository, "forger")
    clone.pull()
    clone.git("update-ref", "refs/imprimatur/ledger", "refs/imprimatur/ledger")
    message = clone.git("log", "-1", "--format=%B", "refs/imprimatur/ledger")
    tree = clone.git("rev-parse", "refs/imprimatur/ledger^{tree}")
    forged = clone.git("commit-tree", tree, "-p", "refs/imprimatur/ledger", text_in=message.rstrip("\n") + "\n")
    clone.git("update-ref", "refs/imprimatur/ledger", forged)
    folder = world.root / "forged-site"
    done = world.imprimatur("site", folder, "--authority", world.authority_file, cwd=clone.path, now=shop.moment())
    story.ok(done.status == 1 and "is not signed with the ledger_key" in done.err and reads_pending(shop, "good", folder),
             "with an entry at its end that the daemon did not sign it reads pending", done)


def cut(story, world, shop):
    """A retraction is cut away."""
    shop.decide(shop.editor, "retract", "good", message="Wrong.")
    shop.author.pull()
    at = {"cwd": shop.author.path, "now": shop.moment()}
    folder = world.root / "cut-site"
    world.imprimatur("site", folder, "--authority", world.authority_file, **at)
    story.ok("Retracted on" in shop.read("a/good/index.html", folder), "an article is retracted")
    tip = shop.author.git("rev-parse", "refs/imprimatur/ledger")
    shop.author.git("update-ref", "refs/imprimatur/ledger", f"{tip}^")
    for options in (("--authority", world.authority_file), ("--unsigned",), ("--authority", world.authority_file, "--full")):
        done = world.imprimatur("site", folder, *options, **at)
        text = b"\n".join(content for content, _ in shop.files(folder).values())
        story.ok(done.status == 1 and "no longer has the entry" in done.err and reads_pending(shop, "good", folder)
                 and b"Good text" not in text,
                 f"a ledger that was cut shows neither approvals nor texts ({options[0]})", done)
    shop.author.git("update-ref", "refs/imprimatur/ledger", tip)
    done = world.imprimatur("site", folder, "--authority", world.authority_file, **at)
    story.ok(done.status == 0 and "Retracted on" in shop.read("a/good/index.html", folder),
             "put back, it is believed again", done)


def typed(story, shop):
    front = "status: Approved\nlastReviewed: 2026-01-01\nreviewedBy: Dr Nobody\n"
    shop.write(claim=f"---\ntitle: Claim\n{front}---\n# Claim\n\nClaimed.\n")
    shop.export()
    with_claim = shop.page("claim").text
    story.ok("Pending human review" in with_claim and b"Dr Nobody" not in shop.everything()
             and shop.status("claim")["approved"] is None, "a status that is typed has no effect on any file")


def private(story, shop):
    everything = shop.everything()
    for what, words in (("an e-mail address", b"@board.example"), ("a hidden person", b"Greta Hidden"),
                        ("a hidden person's id", b"gp9"), ("who was asked", b"waiting_for"),
                        ("an editor's address", b"editor@example.org"), ("a reason", b"Secret comment")):
        story.ok(words not in everything, f"the readers' folder does not have {what}")
    notice = shop.world.root / "notice"
    shop.write(waits=f"# Secret title\n\n{SECRET.decode()}.\n", good=f"# Good\n\nGood text. {SECRET.decode()}.\n")
    shop.export("--pending", "notice", folder=notice)
    content = b"\n".join(text for text, _ in shop.files(notice).values())
    story.ok(SECRET not in content and b"Secret title" not in content, "where a notice stands, no unapproved text is there")
    story.ok("Pending human review" in shop.read("a/waits/index.html", notice), "and the notice is")
    shop.export()
    story.ok(SECRET in shop.everything(), "which is there otherwise")
    editors = shop.world.root / "editors"
    done = shop.export("--view", "editors", folder=editors)
    content = b"\n".join(text for text, _ in shop.files(editors).values())
    story.ok(done.status == 0 and b"Greta Hidden" in content and b"Secret comment" in content and b"noindex" in content,
             "editors see names and reasons", done)
    story.ok(b"@board.example" not in content, "and no addresses")


def main():
    with Story("What is not proved reads pending") as story, World() as world:
        shop = Shop(world)
        shop.write(good="# Good\n\nGood text.\n", other="# Other\n\nOther text.\n")
        shop.approve("good")
        shop.approve("other", person=shop.hidden)
        shop.decide(shop.hidden, "comment", "good", message="Secret comment.")
        story.equal(shop.export().status, 0, "a signed ledger is believed")
        story.equal(shop.status("other")["approved"]["by"], ["a member of the board"],
                    "who is not public is a member of the board")
        proofs(story, world, shop)
        unsigned_entry(story, world, shop)
        typed(story, shop)
        private(story, shop)
        shop.write(good="# Good\n\nGood text.\n")
        shop.approve("good")
        cut(story, world, shop)


main()

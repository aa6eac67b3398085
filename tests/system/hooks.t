#!/usr/bin/env -S python3 -B
"""The tutorial's commands for hooks and CI, typed, and what they keep out."""

import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from guide import TUTORIAL, Guide  # noqa: E402
from story import Story, World  # noqa: E402

BROKEN = "---\ntitle: [\n---\n"
ERROR = "content/general/{}.md:2: error: title is a list or a mapping; write a text, in quotes if it begins so"


def written(part):
    """The one command of the tutorial that has the words."""
    guide = Guide(TUTORIAL)
    found = [command for chapter in guide.chapters for command in guide.commands(chapter) if part in command]
    assert len(found) == 1, found
    return found[0]


class Hooks:
    def __init__(self, story, world, book):
        self.story, self.world, self.book = story, world, book
        self.env = {"PATH": f"{Path(world.program).parent}:{world.env['PATH']}", "IMPRIMATUR_NOW": shelf.NOW}
        self.clone = world.clone(book.bare, "hooked")

    def type(self, where, line, **more):
        return self.world.run("sh", "-c", line, cwd=where, env=self.env, check=False, **more)

    def commit(self, *options):
        return self.type(self.clone.path, f"git commit -qm Change {shlex.join(options)}")

    def put(self, name, text):
        path = self.clone.path / f"content/general/{name}.md"
        path.write_text(text)
        return str(path.relative_to(self.clone.path))

    def push(self, ref="HEAD:main"):
        return self.type(self.clone.path, f"git push -q origin {ref}")


def refusals(result):
    """What a push was told by the hook, without git's own words."""
    return [line.removeprefix("remote: ").rstrip() for line in result.err.splitlines() if line.startswith("remote: ")]


def before_a_commit(h, story):
    typed = h.type(h.clone.path, written("check --staged"))
    story.equal((typed.status, typed.err), (0, ""), "the command of the tutorial makes a pre-commit hook")
    h.put("one", BROKEN)
    h.clone.git("add", "content")
    h.put("one", "# Mended, but not staged\n")
    told = h.commit()
    story.equal((told.status, told.out.splitlines() + told.err.splitlines()),
                (1, [ERROR.format("one"), "1 article checked: 1 error, 0 warnings"]),
                "it looks at what is staged, not at what lies there; others' broken articles are not its concern")
    h.clone.git("add", "content")
    h.put("one", BROKEN)
    told = h.commit()
    story.equal((told.status, told.out, told.err), (0, "", ""), "  and lets a good one pass, without a word")
    told = h.commit("-a")
    story.ok(told.status == 1 and ERROR.format("one") in told.err + told.out, "with commit -a too", told)
    two = h.put("two", "---\nreferences: [{id: known, title: Known}]\n---\n# Two [@nobody]\n")
    h.clone.git("add", "--intent-to-add", "content")
    story.ok(h.commit("--allow-empty", "content/oncology").status == 0, "what is not committed now is not looked at")
    h.clone.git("add", two)
    told = h.commit("--", two)
    story.ok(told.status == 1 and f"{two}:4: error: @nobody is cited" in told.err + told.out, "with named files", told)
    h.clone.git("rm", "-qf", "--cached", two)
    h.clone.git("rm", "-q", "--cached", "content/general/broken.md")
    story.equal(h.commit().status, 0, "removing an article is always fine")
    told = h.world.imprimatur("--json", "-C", h.clone.path, "check", "--staged", two)
    story.equal((told.status, told.json[0]["message"]), (3, "there is no such file"), "a name that is not staged")
    h.clone.git("reset", "-q", "--hard", "origin/main")
    h.clone.git("clean", "-qfd")
    (h.clone.path / ".git/hooks/pre-commit").unlink()

    fresh = h.world.clone(h.world.bare("fresh"), "fresh")
    fresh.publish_policy(h.world.policy([h.book.onc1]))
    fresh.git("update-ref", "-d", "HEAD")
    fresh.write("content/a.md", BROKEN)
    told = h.world.imprimatur("-C", fresh.path, "check", "--staged")
    story.ok(told.status == 3 and "content/a.md:2: error" in told.out, "the very first commit, policy and all", told)
    told = h.world.imprimatur("-C", h.book.bare, "check", "--staged")
    story.ok(told.status == 2 and "--staged is for a clone with a work tree" in told.err, "a bare repository has none", told)


def in_ci(h, story):
    line = written("check --since")
    h.clone.git("switch", "-qc", "work")
    told = h.type(h.clone.path, line)
    story.equal((told.status, told.out, told.err), (0, "", ""), "the tutorial's CI step passes where nothing is changed")
    h.clone.write("content/general/three.md", BROKEN)
    h.clone.commit("Three")
    h.put("four", BROKEN)
    told = h.type(h.clone.path, line)
    story.equal((told.status, told.out.splitlines()), (3, [ERROR.format("three"), "1 article checked: 1 error, 0 warnings"]),
                "and fails for what the branch changes, committed, and nothing else")
    h.book.author.edit("content/general/index.md", BROKEN)
    h.book.author.push()
    h.clone.git("fetch", "-q")
    told = h.type(h.clone.path, line)
    story.ok("index.md" not in told.out and told.status == 3, "not for what the others did meanwhile", told)
    told = h.world.imprimatur("-C", h.clone.path, "check", "--since", "no-such")
    story.ok(told.status == 1 and "there is no commit no-such here" in told.err, "a branch that was not fetched", told)
    told = h.world.imprimatur("-C", h.clone.path, "check", "--since", "HEAD", "--staged")
    story.equal(told.status, 2, "one thing at a time")
    h.book.author.edit("content/general/index.md", "# The handbook\n")
    h.book.author.push()
    h.clone.git("switch", "-q", "main")
    h.clone.git("clean", "-qfd")
    h.clone.pull()


def before_a_push(h, story):
    typed = h.type(h.book.bare, written("check --pre-receive"))
    story.equal((typed.status, typed.err), (0, ""), "the command of the tutorial makes a pre-receive hook")
    h.clone.write("content/general/five.md", "# Five\n")
    h.clone.commit("Five")
    told = h.push()
    story.equal((told.status, told.err), (0, ""), "a good push passes without a word")
    before = h.world.git(h.book.bare, "rev-parse", "main")
    h.clone.write("content/general/six.md", BROKEN)
    h.clone.write("content/general/seven.md", "---\nstatus: approved\n---\n# Seven\n")
    h.clone.write("notes/eight.md", BROKEN)
    h.clone.commit("Six to eight")
    told = h.push()
    lines = refusals(told)
    story.equal((told.status != 0, lines), (True, [
        "content/general/seven.md:2: warning: status in front matter is ignored, since anybody can type it; take it out",
        ERROR.format("six"), "2 articles checked: 1 error, 1 warning"]),
                "a broken article is refused, from objects that are not in the repository yet")
    story.equal(h.world.git(h.book.bare, "rev-parse", "main"), before, "  and the branch stays")
    story.equal(h.push("HEAD:refs/heads/topic").status, 0, "on a branch that is not watched it may wait")
    h.clone.write("content/general/six.md", "# Six\n")
    h.clone.commit("Mend six")
    told = h.push()
    story.equal((told.status, refusals(told)), (0, [
        "content/general/seven.md:2: warning: status in front matter is ignored, since anybody can type it; take it out",
        "2 articles checked: 0 errors, 1 warning"]), "a warning does not refuse")

    h.clone.write(".imprimatur/policy.json", "{}")
    h.clone.commit("Policy")
    told = h.push()
    story.ok(told.status != 0 and any(".imprimatur/" in line and ": error: " in line for line in refusals(told)),
             "a policy that cannot take effect is refused", told)
    h.clone.git("reset", "-q", "--hard", "origin/main")

    published = "content/oncology/stage-4.md"
    h.clone.remove(published)
    h.clone.commit("Take it away")
    told = h.push()
    story.equal((told.status, refusals(told)[0]), (0, f"{published}: warning: this removes a published article: its page goes, with "
                                                      "its approvals"), "what a push takes away from readers is said")

    garbage = h.world.imprimatur("-C", h.book.bare, "check", "--pre-receive", text_in="what is this\n")
    story.ok(garbage.status == 2 and "OLD NEW REF" in garbage.err, "what is not from git", garbage)
    story.equal(h.world.imprimatur("-C", h.book.bare, "check", "--pre-receive", text_in="").status, 0, "an empty push")


def decisions(h, story):
    path = "content/general/nutrition.md"
    h.book.author.pull()
    version = h.book.author.version(path)

    def decide(message, *options, person=h.book.gp1):
        h.clone.git("switch", "-q", "--detach", "origin/main")
        h.clone.git("-c", f"user.signingkey={person.key}.pub", "-c", f"user.email={person.email}", "commit", "-q",
                    "--allow-empty", "-m", message, *options,
                    env={"GIT_AUTHOR_DATE": shelf.NOW, "GIT_COMMITTER_DATE": shelf.NOW})
        return h.push("+HEAD:refs/heads/review/gp1/nutrition"), h.clone.head()

    told, commit = decide(f"Fine\n\nReview: approve\nArticle: {path}", "-S")
    lines = refusals(told)
    story.ok(told.status == 0 and any(line.startswith(f"{path}: warning: the decision {commit[:12]} would be refused "
                                                      f"(unpinned): ") for line in lines),
             "a decision that would be refused is warned of, and goes through", told)
    told, commit = decide(f"Fine\n\nReview: approve\nArticle: {path}@{version}")
    story.ok(any("would be refused (unsigned)" in line for line in refusals(told)), "one without a signature", told)
    told, commit = decide(f"Fine\n\nReview: approve\nArticle: {path}@{version}\nCompeting-Interests: none", "-S")
    story.equal((told.status, refusals(told)), (0, []), "one that counts goes without a word")
    shelf.once(h.world, h.book, "2026-11-24T10:00:00Z")
    story.equal(h.world.ledger(h.book.bare)[-1]["Event"], "approval", "  and is counted")


def with_a_configuration(h, story):
    hook = h.book.bare / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nexec imprimatur -c {h.book.config} check --pre-receive\n")
    h.clone.git("switch", "-q", "main")
    h.clone.pull()
    policy = shelf.policy_of(h.world, [h.book.onc1], version=2)
    h.clone.write_policy(policy)
    (h.clone.path / ".imprimatur/manifest.sig").write_text("-----BEGIN SSH SIGNATURE-----\n")
    h.clone.git("add", "-A")
    h.clone.commit("Policy")
    told = h.push()
    story.ok(told.status != 0 and any("manifest.sig" in line and ": error: " in line for line in refusals(told)),
             "with a configuration the authority's signature is looked at", told)
    h.clone.git("reset", "-q", "--hard", "origin/main")
    h.book.config.rename(h.book.config.with_suffix(".gone"))
    h.clone.write("content/general/nine.md", "# Nine\n")
    h.clone.commit("Nine")
    told = h.push()
    story.ok(told.status != 0 and "cannot be read" in told.err, "one that cannot be read refuses, and says so", told)
    h.book.config.with_suffix(".gone").rename(h.book.config)
    story.equal(h.push().status, 0, "  until it is back")


with Story("Hooks: mistakes are kept out") as the_story, World() as the_world:
    hooks = Hooks(the_story, the_world, shelf.make(the_world))
    before_a_commit(hooks, the_story)
    in_ci(hooks, the_story)
    before_a_push(hooks, the_story)
    decisions(hooks, the_story)
    with_a_configuration(hooks, the_story)

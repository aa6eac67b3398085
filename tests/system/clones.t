#!/usr/bin/env -S python3 -B
"""Clones that hold less than all, repositories that are somebody else's, branches of another name: what is lacking is
said, with the command that brings it, and that command works."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from story import Story, World  # noqa: E402

ARTICLE = "content/oncology/chemo.md"
RECORD = "+refs/imprimatur/*:refs/imprimatur/*"


class Desk:
    def __init__(self, story, world):
        self.story, self.world, self.book = story, world, shelf.make(world)
        world.git(self.book.bare, "config", "uploadpack.allowFilter", "true")

    def clone(self, name, *options):
        path = self.world.root / name
        self.world.run("git", "clone", "-q", *options, f"file://{self.book.bare}", path)
        return path

    def verb(self, clone, *arguments):
        return self.world.imprimatur("-C", clone, *arguments, now=shelf.NOW)

    def type(self, text):
        """The command at the end of what was said."""
        self.world.run("sh", "-c", text[text.index("git -C"):].splitlines()[0])


def clones_with_a_filter(desk):
    for name, options in (("blobs", ["--filter=blob:none", "--no-checkout"]), ("with-tip", ["--filter=blob:none"]),
                          ("trees", ["--filter=tree:0", "--no-checkout"])):
        clone = desk.clone(name, *options)
        desk.world.git(clone, "fetch", "-q", "origin", RECORD)
        for verb in (["status"], ["explain", ARTICLE], ["verify", "--authority", desk.world.authority_file],
                     ["approve", ARTICLE, "-m", "Read"]):
            told = desk.verb(clone, *verb)
            desk.story.ok(told.status == 3 and "cannot read" in told.err and len(told.err.splitlines()) == 2
                          and f"{clone}: it was cloned with --filter and does not hold all files; fetch them: git -C "
                              f"{clone} fetch --refetch" in told.err, f"{name}, {verb[0]}: what the clone lacks", told)
        desk.type(told.err)
        told = desk.verb(clone, "status"), desk.verb(clone, "explain", ARTICLE), desk.verb(clone, "log")
        desk.story.equal([(one.status, one.err) for one in told], [(0, ""), (1, ""), (0, "")],
                         "  and once it has that, all is told")
        desk.book.author.edit("content/oncology/more.md", f"# More {name}\n", at="2026-11-23T08:00:00Z")
        desk.book.author.push()
        desk.world.git(clone, "fetch", "-q")
        desk.story.equal(desk.world.git(clone, "rev-list", "--objects", "--all", "--missing=print").count("?"), 0,
                         "  also of what is fetched later")


def a_shallow_clone(desk):
    clone = desk.clone("shallow", "--depth", "1")
    desk.world.git(clone, "fetch", "-q", "origin", RECORD)
    advice = f"{clone}: it was cloned with --depth and holds only the newest commits; fetch the others: git -C {clone} " \
             "fetch --unshallow"
    told = desk.verb(clone, "status")
    desk.story.ok(told.status == 0 and "Approvals cannot be counted: the files of policy 1 are not here;"
                  in " ".join(told.out.split()), "shallow, status: what can be told, with a warning", told)
    for verb, what in ((["explain", ARTICLE], "nothing can be explained"), (["approve", ARTICLE, "-m", "x"],
                                                                           "nobody can decide")):
        told = desk.verb(clone, *verb)
        desk.story.equal((told.status, told.err), (
            1, f"imprimatur: {what}: the files of policy 1 are not here; {advice}\n"), f"shallow, {verb[0]}")
    told = desk.verb(clone, "check", "--since", "HEAD~1")
    desk.story.equal((told.status, told.err), (1, f"imprimatur: there is no commit HEAD~1 here\n  {advice}\n"),
                     "shallow, check --since")
    desk.type(told.err)
    desk.story.equal([desk.verb(clone, *verb).status for verb in (["explain", ARTICLE], ["check", "--since", "HEAD~1"])],
                     [1, 0], "  and once it has that, all is told")


def where_the_daemon_works(desk):
    for name, options, lacks in (("short", ["--depth", "1"], "fetch --unshallow"),
                                 ("lean", ["--filter=blob:none"], "fetch --refetch --no-filter origin "
                                                                 "'refs/heads/*:refs/heads/*'")):
        bare = desk.clone(f"{name}.git", "--bare", *options)
        config = desk.world.configure(bare, file=f"{name}.json", name="handbook")
        checked, once = (desk.world.imprimatur(verb, config=config, now=shelf.NOW) for verb in ("check", "once"))
        desk.story.ok(checked.status == once.status == 3 and f"{bare}: error: it was cloned with" in checked.out
                      and f"imprimatur: {bare}: it was cloned with" in once.err and lacks in once.err,
                      f"row 83: {name}: check and once say the same of the daemon's repository", f"{checked}\n{once}")
        desk.type(once.err)
        once = desk.world.imprimatur("once", config=config, now=shelf.NOW)
        desk.story.equal((once.status, once.err), (0, ""), "  and once it has that, it is worked on")


def extensions_of_git(desk):
    clone = desk.clone("extended")
    desk.world.git(clone, "fetch", "-q", "origin", RECORD)
    desk.world.git(clone, "config", "core.repositoryFormatVersion", "1")
    for key, value in (("worktreeConfig", "true"), ("preciousObjects", "true"), ("partialClone", "origin"),
                       ("refStorage", "files"), ("relativeWorktrees", "true"), ("objectFormat", "sha1")):
        desk.world.run("git", "config", "-f", clone / ".git/config", f"extensions.{key}", value)
    told = desk.verb(clone, "status")
    desk.story.equal((told.status, told.err), (0, ""), "what git extends without changing what is read does no harm")
    for key, value, says in (("refStorage", "reftable", "git refs migrate --ref-format=files"),
                             ("objectFormat", "sha256", "git init --object-format=sha1"),
                             ("unheardOf", "yes", "extensions.unheardof")):
        desk.world.run("git", "config", "-f", clone / ".git/config", f"extensions.{key}", value)
        told = desk.verb(clone, "status")
        desk.story.ok(told.status == 75 and says in told.err, f"  {key} {value} is one", told)
        desk.world.run("git", "config", "-f", clone / ".git/config", f"extensions.{key}", {
            "refStorage": "files", "objectFormat": "sha1"}.get(key, "no"))


def another_branch(desk):
    bare = desk.world.bare("other")
    author = desk.world.clone(bare, "other")
    config = desk.world.configure(bare, file="other.json", signatures="off", authority=None)

    def says(text, name):
        checked, once = (desk.world.imprimatur(verb, config=config, now=shelf.NOW) for verb in ("check", "once"))
        desk.story.ok(f": warning: {text}\n" in checked.out and once.err == f"imprimatur: {bare}: {text}\n", name,
                      f"{checked}\n{once}")
    says('there is no branch "main" yet; push it', "no branch at all")
    author.edit("content/a.md", "# A\n")
    author.push("HEAD:master")
    says('there is no branch "main", but "master"; push it, or name the one to watch as "branch" in the configuration',
         "the branch that is there, when the configured one is not")
    for name in ("one", "two", "zoo"):
        author.push(f"HEAD:{name}")
    says('there is no branch "main", but "master", "one", "two" and 1 more; push it, or name the one to watch as "branch" '
         "in the configuration", "  or some of them")


def somebody_elses(desk):
    if os.geteuid() != 0:
        desk.story.skip("a repository that somebody else owns", "only root can make one")
        return
    clone = desk.clone("locked")
    desk.world.git(clone, "fetch", "-q", "origin", RECORD)
    for path in (desk.world.root, clone.parent):
        path.chmod(0o711)
    (clone / ".git").chmod(0o700)
    told = desk.world.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", desk.world.program, "-C", clone,
                          "status", check=False)
    other = desk.clone("others")
    desk.world.git(other, "fetch", "-q", "origin", RECORD)
    (desk.world.root / "gitconfig").chmod(0o644)
    (desk.world.root / "home").chmod(0o755)
    decided = desk.world.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", desk.world.program, "-C", other,
                             "approve", "content/general/nutrition.md", "-m", "Read", check=False)
    lines = decided.err.splitlines()
    desk.story.ok(decided.status == 1 and "dubious ownership" in lines[0] and len(lines) < 8
                  and lines[-1] == f"imprimatur: git does not work in {other}/, for the reason that it gives above",
                  "one in which git itself refuses to work: its own words", decided)
    desk.story.ok(told.status == 75 and "belongs to root, and nobody may not read all of it" in told.err
                  and "chmod -R g+rX" in told.err, "a repository that somebody else owns, and how to be let in", told)


with Story("Clones: what is lacking, and how to have it") as the_story, World() as the_world:
    the_desk = Desk(the_story, the_world)
    clones_with_a_filter(the_desk)
    a_shallow_clone(the_desk)
    where_the_daemon_works(the_desk)
    extensions_of_git(the_desk)
    another_branch(the_desk)
    somebody_elses(the_desk)

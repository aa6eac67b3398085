#!/usr/bin/env -S python3 -B
"""What goes wrong often, as the reader meets it: one message that says what, where, and what to do."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import Story, World  # noqa: E402

READ = ("-m", "Read", "--competing-interests", "none")


class Errors:
    def __init__(self, story, world, book):
        self.story, self.world, self.book = story, world, book

    def told(self, name, status, what, where, todo, *words, cwd=None, env=None, quiet=True):
        """The message has these three parts (None: it needs no such part) and nothing is on standard output; it is
        the program's alone, unless git says something first (`quiet` is False)."""
        now = self.book.now
        moment = {"IMPRIMATUR_NOW": now, "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now}
        said = self.world.imprimatur(*words, cwd=cwd or self.world.root / "run", env=moment | (env or {}))
        parts = [str(part) for part in (what, where, todo) if part]
        ours = said.err[said.err.index("imprimatur: "):] if "imprimatur: " in said.err else ""
        self.story.ok(said.status == status and not said.out and all(part in ours for part in parts)
                      and (not quiet or ours == said.err) and said.err.endswith("\n"), name, said)


def usage(errors):
    for name, what, todo, words in (
            ("a wrong verb", 'there is no verb "aprove"', 'did you mean "approve"?', ("aprove", "content/a.md")),
            ("no verb", "a verb is missing", "imprimatur --help", ()),
            ("a wrong option", "claim: Unknown option --puhs", "did you mean --push?", ("claim", "a", "--puhs")),
            ("an option far from any", "Unknown option --frobnicate", "imprimatur claim --help", ("claim", "a", "--frobnicate")),
            ("an option without its value", "Missing argument for -m", "imprimatur claim --help", ("claim", "a", "-m")),
            ("a verb without its article", "approve: an argument is missing", "imprimatur approve ARTICLE...", ("approve",)),
            ("no configuration", "once works on a configured repository", "-c FILE", ("once",)),
            ("no key", "policy sign needs the authority's key", "-k KEY", ("policy", "sign"))):
        errors.told(name, 2, what, None, todo, *words)


def repositories(errors, world, plain):
    run = world.root / "run"
    errors.told("no repository", 75, "is not in a git repository", run, "name one with -C", "status")
    errors.told("no such directory", 75, "there is no directory", "/nowhere", "-C", "-C", "/nowhere", "status")
    for verb in (("status",), ("approve", "content/a.md", *READ), ("explain", "content/a.md"), ("log",), ("verify",)):
        errors.told(f"no ledger fetched: {verb[0]}", 1, "there is no ledger in", plain.path,
                    "\n  imprimatur setup\n  git fetch origin 'refs/imprimatur/*:refs/imprimatur/*'\n", *verb, cwd=plain.path)
    errors.told("no policy to sign", 3, "there is no policy in", "clones/other/.imprimatur", "imprimatur init",
                "policy", "sign", "-k", "key", cwd=world.clone(world.bare("other"), "other").path)
    foreign = world.root / "sha256"
    world.run("git", "init", "-q", "--object-format=sha256", foreign)
    errors.told("SHA-256", 75, "not supported", foreign, "git init --object-format=sha1", "status", cwd=foreign)
    errors.told("a bare repository", 2, "init works in a clone", errors.book.bare, None, "init", cwd=errors.book.bare)


def configurations(errors, world):
    def config(name, text):
        path = world.root / name
        path.write_text(text if isinstance(text, str) else json.dumps(text, indent=1))
        path.chmod(0o600)
        return path

    good = {"name": "a", "repository": "/nowhere/a.git", "authority": str(world.authority_file)}
    errors.told("a configuration that is not there", 3, "cannot be read", world.root / "none.json", "name another with -c",
                "-c", world.root / "none.json", "status")
    for name, text, what, line, todo in (
            ("no JSON", '{\n"name": "a",\n', "not valid JSON", 3, "correct it"),
            ("a key twice", '{"name": "a",\n"name": "b"}', "duplicate", 2, "correct it"),
            ("a wrong type", good | {"poll_seconds": "often"}, "poll_seconds: is a string", 5, "write"),
            ("an unknown key", good | {"endpiont": []}, "endpiont: unknown key", 5, "correct its spelling")):
        path = config("broken.json", text)
        errors.told(f"a configuration with {name}", 3, what, f"{path}:{line}: ", todo, "-c", path, "once")
    path = config("away.json", good)
    errors.told("a repository that is not there", 75, "there is no git repository", "/nowhere/a.git", None, "-c", path, "status")


def articles(errors, clone):
    where = {"cwd": clone.path}
    errors.told("a wrong article", 1, "there is no article", "content/x.md", "did you mean content/a.md?", "status", "content/x.md", **where)
    errors.told("a pattern of nothing", 1, "no article matches", "nothing/**", None, "claim", "nothing/**", **where)
    errors.told("a wrong state", 2, "there is no state", "underreview", "under_review", "status", "--state", "underreview", **where)
    errors.told("a wrong person", 1, "there is nobody with the id", "onc11", 'did you mean "onc1"?', "status", "--reviewer", "onc11", **where)


def deciders(errors, world, clone, one, two):
    where, approve = {"cwd": clone.path}, ("approve", "content/a.md", *READ)
    errors.told("a wrong address", 1, "nobody in policy 1 has that address", "author@example.org",
                "git config user.email ADDRESS", *approve, **where)
    errors.told("no address", 1, "git does not know who you are", None, "git config user.email ADDRESS", *approve, **where,
                env={"GIT_CONFIG_GLOBAL": "/dev/null", "EMAIL": ""}, quiet=False)
    clone.git("config", "user.email", one.email)
    errors.told("no signing key", 1, "git commit-tree failed", None, "git config user.signingkey", *approve, **where, quiet=False)
    clone.git("config", "user.signingkey", f"{two.key}.pub")
    errors.told("another's key", 1, "would be refused (author-mismatch)", None, None, *approve, **where)
    clone.git("config", "user.signingkey", f"{one.key}.pub")
    clone.git("remote", "set-url", "origin", "/nowhere.git")
    said = world.imprimatur("claim", "content/a.md", "--push", cwd=clone.path, env={"IMPRIMATUR_NOW": errors.book.now} | {
        f"GIT_{who}_DATE": errors.book.now for who in ("AUTHOR", "COMMITTER")})
    errors.story.ok(said.status == 1 and "git push origin review/onc1/claim-content-a-" in said.err and "/nowhere.git" in said.err,
                    "a remote that is gone: git says what, we say what to do", said)


with Story("What goes wrong, and what is said of it") as tale, World() as here:
    board = (here.person("onc1", "Oncologist One", "one@board.example"), here.person("onc2", "Oncologist Two", "two@board.example"))
    handbook = Handbook(here, board, rules=[{"paths": ["**"], "approvals": 2}])
    handbook.write("content/a.md", "content/b.md")
    handbook.once()
    all_errors = Errors(tale, here, handbook)
    reader = here.clone(handbook.bare, "reader")
    reader.pull()
    usage(all_errors)
    repositories(all_errors, here, here.clone(handbook.bare, "plain"))
    configurations(all_errors, here)
    articles(all_errors, reader)
    deciders(all_errors, here, reader, *board)

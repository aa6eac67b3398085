#!/usr/bin/env -S python3 -B
"""The pages keep up with the program: they render, their examples can be read, what they point to is there, and every
word and key that the code knows is explained."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "lib")]
from guide import TUTORIAL, Guide  # noqa: E402
from rules import Tree  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

MAN = "daemon/man/"
COMMAND, RECORD, CONFIG = MAN + "imprimatur.1", MAN + "imprimatur-record.7", MAN + "imprimatur.json.5"
FORGE = "A REPOSITORY ON A FORGE"  # a chapter of the tutorial


def rendered(page, columns=80):
    """The text of a page, and what there was to say about its source."""
    environment = os.environ | {"MANWIDTH": str(columns), "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["man", "--warnings", "-l", ROOT / page], env=environment, capture_output=True, text=True,
                          check=False)
    return re.sub(".\b", "", done.stdout).expandtabs(), done.stderr


def render(story, tree):
    pages = [name for name in tree.names if name.startswith(MAN)]
    story.ok({RECORD, CONFIG} <= set(pages), "the manual pages are there", pages)
    if not (shutil.which("man") and shutil.which("groff")):
        story.skip("they render without a warning, in 80 columns", "no man or groff here")
        return
    for page in pages:
        text, said = rendered(page)
        wide = [line for line in text.splitlines() if len(line) > 80]
        story.ok("NAME" in text and not said and not wide, f"{page} renders without a warning, in 80 columns",
                 "\n".join([said, *wide]))
        # A macro takes all words of its line: prose behind an option comes out as options.
        runs = re.findall(r"(?:(?<![\w-])-[a-z]+[.;,]?\s+){3,}", text)
        story.equal(runs, [], "  and no prose as options")
    text, _ = rendered(str(TUTORIAL.relative_to(ROOT)))
    guide = Guide(TUTORIAL)
    lines = [line for chapter in guide.chapters for block in guide.blocks(chapter) for line in block.splitlines()]
    gone = [line for line in lines if f"{line}\n" not in text]
    story.ok(len(lines) > 80 and not gone, "what the tutorial has a reader type stands on the screen as it is typed", gone)
    text, said = rendered(COMMAND, 60)
    wide = [line for line in text.splitlines() if len(line) > 60]
    story.ok("NAME" in text and not said and not wide, f"{COMMAND} also in 60 columns", "\n".join([said, *wide]))


def examples(tree, page):
    """The JSON objects in a page's displays."""
    for block in re.findall(r"^\.Bd[^\n]*\n(.*?)^\.Ed", tree.text(page), re.MULTILINE | re.DOTALL):
        at = block.find("{\n" if block.startswith("{") else "\n{\"type\"")
        if at >= 0:
            yield json.loads(block[at:])


def table(tree, name, pattern):
    return sorted(set(re.findall(pattern, tree.text(name))))


def explained(story, tree):
    keys = [key for name in ("daemon/config/config.c", "daemon/config/config_endpoint.c") for key in
            table(tree, name, r'\{"(\w+)", IMP_JSON_')]
    unknown = [key for key in keys if not re.search(rf"(\b|\(dq){key}\b", tree.text(CONFIG))]
    story.ok(len(keys) > 20 and not unknown, f"{CONFIG} explains every key", unknown)
    keys = table(tree, "workflow/policy_parse.c", r'\{"(\w+)", IMP_JSON_')
    unknown = [key for key in keys if not re.search(rf"\b{key}\b", tree.text(RECORD))]
    story.ok(len(keys) > 20 and not unknown, f"{RECORD} explains every key of a policy", unknown)
    words = table(tree, "workflow/words.c", r'\[IMP_\w+\] = "([^"]+)"')
    words = [word for word in words if "_" not in word and word not in ("submitted", "approved", "removed")]
    unknown = [word for word in words if word not in tree.text(RECORD)]
    story.ok(len(words) > 40 and not unknown, "  and every word of the record", unknown)
    trailers = table(tree, "articles/entry_text.c", r'\{"([A-Z][\w-]+)", KIND_')
    unknown = [key for key in trailers if not re.search(rf"^\.It Li (\\&)?{key}$|^\.Li {key} ", tree.text(RECORD), re.M)]
    story.ok(len(trailers) > 20 and not unknown, "  and every trailer of the ledger", unknown)
    types = [word for name in tree.c_files("daemon", "notify") for word in table(
        tree, name, r'"((?:article|review|policy|decision|repository|ledger|approved|endpoint|delivery)\.[a-z_]{2,})"') if word not in ("policy.json", "policy.html", "repository.git")]
    unknown = [name for name in types if f".It {name} Ta" not in tree.text(CONFIG)]
    story.ok(len(types) > 12 and not unknown, f"{CONFIG} lists every event", unknown)


def taken(story, examples):
    """The program takes the examples as they stand, but for what is not on this machine."""
    with World() as world:
        folder = world.clone(world.bare("handbook"), "clone").path / ".imprimatur"
        folder.mkdir()
        for name in ("allowed_signers", "POLICY.md"):
            (folder / name).touch()
        (folder / "policy.json").write_text(json.dumps(examples[RECORD][0]))
        result = world.imprimatur("check", cwd=folder.parent)
        story.ok(result.status == 0 and " 0 errors" in result.out, "the policy in the page is a valid one", result)
        config = world.root / "handbook.json"
        (world.root / "own").mkdir()  # of whoever runs this: no user that a package made
        config.write_text(json.dumps(examples[CONFIG][0] | {
            "repository": str(world.root / "handbook.git"), "authority": str(world.authority_file),
            "state_directory": str(world.root / "own")}).replace(
                "/etc/imprimatur/local.secret", str(world.root / "secret")))
        (world.root / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        result = world.imprimatur("check", config=config)
        story.ok(result.status == 0 and " 0 errors" in result.out, "and so is the configuration", result)
        guide_is_taken(story, world)


def guide_is_taken(story, world):
    """What the tutorial has an operator write for a repository on a forge, and for the door."""
    guide, etc = Guide(TUTORIAL), world.root / "etc"
    (etc / "handbook.credentials").mkdir(parents=True)
    (etc / "handbook.credentials/ledger-key").write_bytes(world.new_key("ledger").read_bytes())
    (etc / "handbook.credentials/deploy").write_bytes(world.new_key("deploy").read_bytes())
    (etc / "known_hosts").touch()
    (etc / "handbook.authority").write_bytes(world.authority_file.read_bytes())
    config, door = etc / "handbook.json", etc / "door.json"
    config.write_text(guide.block(FORGE, '{\n  "name"').replace("/etc/imprimatur", str(etc)))
    state = world.root / "state"
    state.mkdir()
    result = world.imprimatur("check", config=config, env={"STATE_DIRECTORY": str(state)})
    story.ok(result.status == 0 and " 0 errors" in result.out, "and the tutorial's remote", result)
    door.write_text(guide.block(FORGE, '{\n  "repositories"'))
    (etc / "door.credentials").mkdir()
    (etc / "door.credentials/handbook-hook").write_text("n" * 44 + "\n")
    result = world.run(Path(world.program).parent / "imprimatur-door", "--check", "-c", door, check=False,
                       env={"CREDENTIALS_DIRECTORY": str(etc / "door.credentials")})
    story.equal((result.status, result.err), (0, ""), "and its door")


def pointers(story, tree):
    """Names of files in the pages of text, alone or behind a folder. (POLICY.md is a policy's.)"""
    names = {name for name in tree.names} | {name.rpartition("/")[2] for name in tree.names}
    for page in ("README.md", "ARCHITECTURE.md"):
        text = re.sub(r"^ {4}.*$", "", tree.text(page), flags=re.MULTILINE)
        found = set(re.findall(r"(?<![\w./-])((?:\w[\w-]*/)*[\w-]+\.(?:[ch]|py|md|7|json\.5))(?![\w/.-])", text))
        gone = sorted(name for name in found - {"POLICY.md"} if name not in names and "NAME" not in name)
        story.ok(found and not gone, f"{page} points to files that are there", gone)
        wide = [line for line in text.splitlines() if len(line) > 80 and not line.startswith("|")]
        story.ok(page != "README.md" or not wide, "  in 80 columns", wide)
    story.ok(tree.text("README.md").count("\n") <= 90, "README.md is read in a minute: at most 90 lines")
    chapters = Guide(TUTORIAL).chapters
    named = re.findall(r"^\|.*?((?:FOR THE|FOR|CHECKING THE|A REPOSITORY ON A) [A-Z]+)\b", tree.text("README.md"), re.M)
    gone = [name for name in named if name not in chapters]
    story.ok(len(named) == 7 and not gone, "  and names chapters that the tutorial has", named)


with Story("The pages") as the_story:
    here = Tree(ROOT)
    render(the_story, here)
    found = {page: list(examples(here, page)) for page in (RECORD, CONFIG)}
    the_story.ok("rules" in found[RECORD][0] and "endpoints" in found[CONFIG][0] and "data" in found[CONFIG][1],
                 "the examples in them are JSON", found)
    taken(the_story, found)
    explained(the_story, here)
    pointers(the_story, here)

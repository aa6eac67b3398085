#!/usr/bin/env -S python3 -B
"""Completion, asked of the real shells: what they would offer behind a line that somebody typed."""

import json
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import Handbook  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

SCRIPTS = ROOT / "daemon/completion"

BASH = r"""
source /usr/share/bash-completion/bash_completion
source "$SCRIPTS/imprimatur.bash"
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9
# As readline splits a line: at blanks that are not quoted, and "=" is a word.
readarray -t COMP_WORDS < <(sed -E 's/([^\\]) +/\1\n/g; s/=/\n=\n/g' <<<"$LINE")
[[ ${COMP_WORDS[-1]} || $LINE != *= ]] || unset 'COMP_WORDS[-1]'
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_imprimatur imprimatur "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}" 2>/dev/null
[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
"""

# The terminal of a shell of its own, in which Tab lists.
ZSH = r"""
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1='READY> ' fpath=(${(q)SCRIPTS} \$fpath); autoload -U compinit; compinit -u -D; stty columns 200; LISTMAX=1000"
zpty -w shell "zstyle ':completion:*' list-separator '--'; unsetopt list_ambiguous; setopt auto_list; bindkey '^I' list-choices; print -r BEGIN''NING"
zpty -r shell said '*BEGINNING*'
zpty -w -n shell "$LINE"$'\t'
zpty -r shell said "*$LAST*"
print -r -- $said
"""


def plain(said):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.replace("\r", ""))


class Shells:
    def __init__(self, world, book, clone):
        self.world, self.clone = world, clone
        folder = world.root / "bin"
        folder.mkdir()
        (folder / "imprimatur").symlink_to(world.program)
        self.env = {"PATH": f"{folder}:/usr/bin:/bin", "SCRIPTS": str(SCRIPTS), "TERM": "xterm",
                    "IMPRIMATUR_NOW": book.now}

    def told(self, *words, env=None, cwd=None):
        """What the program says: candidates with their descriptions."""
        said = self.world.imprimatur("complete", "--", *words, cwd=cwd or self.clone, env=self.env | (env or {}))
        if said.status or said.err:
            raise RuntimeError(said)
        return dict((line.split("\t") + [""])[:2] for line in said.out.splitlines())

    def bash(self, line):
        said = self.world.run("bash", "--norc", "-c", BASH, cwd=self.clone, env=self.env | {"LINE": line}, check=False)
        return sorted(said.out.split("\n")[:-1])

    def fish(self, line):
        said = self.world.run("fish", "--no-config", "-c", 'source $SCRIPTS/imprimatur.fish; complete -C "$LINE"',
                              cwd=self.clone, env=self.env | {"LINE": line}, check=False)
        return sorted(said.out.splitlines())

    def zsh(self, line, last):
        """What it lists, up to `last`; keys that wait to be read would keep it from listing."""
        said = self.world.run("zsh", "-f", "-c", ZSH, cwd=self.clone, env=self.env | {"LINE": line, "LAST": last}, check=False)
        return plain(said.out)


def words(story, world, shells, book):
    overview = world.imprimatur("--help").out
    verbs = [re.split(r"  +", line.strip()) for line in
             overview.partition("\nVerbs:\n")[2].partition("\n\n")[0].splitlines()]
    first = {name.split()[0] for name, _ in verbs}
    story.equal(set(shells.told("")), first, "every verb of --help is offered, and nothing else")
    story.equal(shells.told("stat")["status"], dict(verbs)["status"], "  with what it does")
    for name, _ in verbs:
        wanted = set(re.findall(r"^  (?:-\w, |    )(--[\w-]+)", world.imprimatur(*name.split(), "--help").out, re.M))
        story.equal(set(shells.told(*name.split(), "-")), wanted, f"  and all options of {name}")
        if " " in name:
            story.ok(name.split()[1] in shells.told(name.split()[0], ""), "  and its second word")
    articles = {"content/a.md": "Under Review", "content/b.md": "Submitted", "content/c c.md": "Submitted"}
    story.equal(shells.told("approve", ""), articles, "articles, with their states")
    story.equal(shells.told("approve", "--push", "content/c"), {"content/c c.md": "Submitted"}, "  that begin so")
    story.equal(shells.told("status", "a", cwd=shells.clone / "content"), {"a.md": "Under Review"},
                "  or from the current directory")
    story.equal(shells.told("-C", str(shells.clone), "explain", "content/b", cwd=world.root),
                {"content/b.md": "Submitted"}, "  of the clone that -C names")
    story.equal(shells.told("dismiss", "--of", ""), {"onc1": "Oncologist One", "ed1": "Editor One"}, "people")
    story.equal(shells.told("status", "--state=under"), {"--state=under_review": "Under Review"}, "states")
    story.equal(shells.told("approve", "--push="), {"--push=origin": "remote"}, "remotes")
    story.equal(shells.told("approve", "-m", "o"), {}, "no word for a text")
    for away in (("status", ""), ("status", "--reviewer", ""), ("approve", "--push="), ("nothing", ""),
                 ("-c", "none.json", "status", "")):
        story.equal(shells.told(*away, cwd=world.root / "run"), {}, f"silence where nothing is known: {' '.join(away)}")
    config = str(book.config)
    story.ok({"waiting", "dead"} <= set(shells.told("deliveries", "list", "--state", "")), "states of deliveries")
    story.equal(shells.told("-c", config, "endpoint", "ping", ""), {"all": "endpoint"}, "endpoints")
    listed = [json.loads(line) for line in world.imprimatur("--json", "deliveries", "list", config=config).out.splitlines()]
    wanted = {str(line["delivery"]) for line in listed if "delivery" in line}
    story.equal(set(shells.told("-c", config, "deliveries", "show", "")), wanted, "deliveries")
    story.ok(wanted, "  of which there are some")


def quoted(story, world, shells, book):
    book.write("content/d\x1b[2J.md")
    book.once()
    world.run("git", "-C", shells.clone, "fetch", "-q", "origin", "+refs/imprimatur/*:refs/imprimatur/*")
    story.ok(r'"content/d\033[2J.md"' in shells.told("approve", ""), "a path that would harm a terminal is quoted")
    story.ok(world.imprimatur("status", r'"content/d\033[2J.md"', cwd=shells.clone).status == 0, "  as verbs take it")


def in_shells(story, shells):
    if shutil.which("bash") and Path("/usr/share/bash-completion/bash_completion").exists():
        story.equal(shells.bash("imprimatur lo"), ["log"], "bash: a verb")
        story.equal(shells.bash("imprimatur ledger r"), ["restore"], "  its second word")
        story.equal(shells.bash("imprimatur approve content/"), ["content/a.md", "content/b.md", "content/c c.md"], "  articles")
        story.equal(shells.bash(r"imprimatur approve content/c\ c"), ["content/c c.md"], "  one with a blank in it")
        story.equal(shells.bash("imprimatur status --state=a"), ["approved"], "  a value behind =, which readline keeps")
        story.equal(shells.bash("imprimatur approve $(touch broken)"), [], "  what is typed is not run")
        story.ok(not (shells.clone / "broken").exists(), "  indeed")
    else:
        story.skip("bash", "bash-completion is not installed")
    if shutil.which("fish"):
        story.equal([line.split("\t")[0] for line in shells.fish("imprimatur lo")], ["log"], "fish: a verb")
        story.equal(shells.fish("imprimatur approve content/"), ["content/a.md\tUnder Review", "content/b.md\tSubmitted",
                                                                 "content/c c.md\tSubmitted"], "  articles, with states")
        story.equal(shells.fish("imprimatur dismiss --of o"), ["onc1\tOncologist One"], "  people")
        story.equal(shells.fish("imprimatur status --state=a"), ["--state=approved\tApproved"], "  states")
    else:
        story.skip("fish", "fish is not installed")
    if shutil.which("zsh"):
        said = shells.zsh("imprimatur r", "retract")
        story.ok(re.search(r"request-changes +-- object to articles", said) and "retract" in said, "zsh: verbs", said)
        said = shells.zsh("imprimatur approve content/", "Submitted")
        story.ok(re.search(r"content/a\.md +-- Under Review", said) and "content/b.md" in said, "  articles, with states", said)
        said = shells.zsh("imprimatur status --state=", "approved")
        story.ok("under_review" in said, "  states", said)
    else:
        story.skip("zsh", "zsh is not installed")


with Story("Completion") as tale, World() as here:
    one = here.person("onc1", "Oncologist One", "one@board.example")
    editor = here.person("ed1", "Editor One", "editor@board.example", roles=("editor",))
    handbook = Handbook(here, (one, editor), rules=[{"paths": ["**"], "approvals": 1}])
    handbook.write("content/a.md", "content/b.md", "content/c c.md")
    handbook.once()
    handbook.decide(one, "claim", "content/a.md")
    handbook.once()
    reader = here.clone(handbook.bare, "reader")
    reader.pull()
    asked = Shells(here, handbook, reader.path)
    words(tale, here, asked, handbook)
    in_shells(tale, asked)
    quoted(tale, here, asked, handbook)

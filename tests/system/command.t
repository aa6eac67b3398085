#!/usr/bin/env -S python3 -B
"""The command line itself: help, the manual page, mistakes, exit statuses."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import shelf  # noqa: E402
from story import ROOT, Story, World  # noqa: E402

MANUAL = (ROOT / "daemon/man/imprimatur.1").read_text()
OPTION = re.compile(r"^  (?:-(?P<letter>\w), |    )--(?P<name>[\w-]+)(?:(?P<optional>\[=)?(?: |(?<==))(?P<value>[A-Z]+)\]?)?  +\S", re.MULTILINE)
ITEM = re.compile(r"^\.It Fl (?:(?P<letter>\w) , )?-(?P<name>[\w-]+)(?: (?P<optional>Ns Op = Ns )?Ar (?P<value>\S+))?$", re.MULTILINE)


def options(pattern, text):
    return {(found["letter"], found["name"], found["value"], bool(found["optional"])) for found in pattern.finditer(text)}


def verbs_of(text):
    """The names in the list of verbs of `imprimatur --help`."""
    listed = text.partition("\nVerbs:\n")[2].partition("\n\n")[0]
    return [re.split(r"  +", line.strip())[0] for line in listed.splitlines()]


def manual_sections():
    """What the manual page says under each verb, by the line with its arguments."""
    verbs = MANUAL.partition("\n.Sh VERBS\n")[2].partition("\n.Sh ")[0]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in verbs.split(".Ss ")[1:]}


def helps(story, world):
    overview = world.imprimatur("--help")
    names = verbs_of(overview.out)
    story.ok(overview.status == 0 and not overview.err and {"status", "log", "check", "once", "daemon", "ledger restore"}
             <= set(names), "--help lists the verbs", overview)
    sections = manual_sections()
    told = {}
    for name in names:
        result = world.imprimatur(*name.split(), "--help")
        told[name] = result.out
        usage = result.out.partition("\n")[0].removeprefix("Usage: imprimatur ")
        own, _, general = result.out.partition("\nGeneral options:\n")
        story.ok(result.status == 0 and not result.err and usage.startswith(name), f"{name} --help", result)
        story.ok("imp_" not in result.out, "  in words, not names of the code", result)
        story.ok(usage in sections, f"  the manual page has it with the same arguments: {usage}", sorted(sections))
        story.equal(options(OPTION, own), options(ITEM, sections.get(usage, "")), "  and the same options")
        story.equal(options(OPTION, general), options(OPTION, overview.out), "  the general ones are as above")
    story.equal(options(OPTION, overview.out),
                options(ITEM, MANUAL.partition("\n.Sh OPTIONS\n")[2].partition("\n.Sh ")[0]),
                "the manual page has the general options")
    story.equal(len(sections), len(names), "and nothing that is not a verb")
    story.ok(all("\n" in text for text in told.values()), "every one says something")
    wide = [line for text in [overview.out, *told.values()] for line in text.splitlines() if len(line) > 80]
    story.equal(wide, [], "all of it fits 80 columns")
    for verb in ("status", "check"):
        story.equal(world.imprimatur(verb, "-h").out, told[verb], f"{verb} -h is the same")
    story.equal(world.imprimatur("ledger", "--help").out, 'There is "ledger restore"; each has --help.\n',
                "half a verb helps too")
    version = world.imprimatur("--version").out
    story.ok(re.fullmatch(r"imprimatur \d+\.\d+\.\d+\n", version)
             and world.imprimatur("log", "--version").out == version, "--version", version)
    if shutil.which("groff"):
        done = world.run("groff", "-mdoc", "-Tutf8", "-ww", "-z", ROOT / "daemon/man/imprimatur.1")
        story.equal((done.out, done.err), ("", ""), "the manual page is well-formed")
    else:
        story.skip("the manual page is well-formed", "groff is not installed")


def mistakes(story, world):
    config = str(world.configure(world.root / "none.git", file="none.json"))
    for arguments, message in (
            ((), "a verb is missing; imprimatur --help lists them"),
            (("statsu",), 'there is no verb "statsu"; did you mean "status"?'),
            (("lgo",), 'there is no verb "lgo"; did you mean "log"?'),
            (("ledger-restore",), 'there is no verb "ledger-restore"; did you mean "ledger restore"?'),
            (("publish",), 'there is no verb "publish"; imprimatur --help lists them'),
            (("ev\x1b[31mil",), 'there is no verb "ev\ufffd[31mil"; imprimatur --help lists them'),
            (("ledger",), '"ledger" needs a second word; there is "ledger restore"'),
            (("ledger", "rest"), 'there is no verb "ledger rest"; did you mean "ledger restore"?'),
            (("ledger", "nothing"), '"ledger" needs a second word; there is "ledger restore"'),
            (("policy", "addperson", "x"), 'there is no verb "policy addperson"; did you mean "policy add-person"?'),
            (("--jsn", "status"), "Unknown option --jsn; did you mean --json?"),
            (("status", "--overdu"), "status: Unknown option --overdu; did you mean --overdue?"),
            (("log", "a", "b"), "log takes fewer arguments: imprimatur log [ARTICLE]"),
            (("-c", config, "once", "now"), "once takes no arguments: imprimatur once"),
            (("-c", config, "daemon", "now"), "daemon takes no arguments: imprimatur daemon"),
            (("once",), "once works on a configured repository: name its file with -c FILE"),
            (("daemon",), "daemon works on a configured repository: name its file with -c FILE"),
            (("ledger", "restore"), "ledger restore works on a configured repository: name its file with -c FILE"),
            (("status", "--state"), "status: Missing argument for --state; imprimatur status --help lists the options"),
    ):
        result = world.imprimatur(*arguments)
        story.equal((result.status, result.out, result.err), (2, "", f"imprimatur: {message}\n"),
                    f"2, and one line: {' '.join(arguments).encode('unicode_escape').decode() or '(nothing)'}")
    for verb in ("status", "check", "once"):
        result = world.imprimatur(verb, config=config, now="tomorrow")
        story.equal((result.status, result.err),
                    (2, 'imprimatur: IMPRIMATUR_NOW: "tomorrow" is not a moment like 2026-11-23T09:14:07Z\n'),
                    f"IMPRIMATUR_NOW for {verb}")


def places(story, world, book):
    """Where the options may stand, and what names a repository."""
    wanted = world.imprimatur("--json", "status", config=book.config, now=shelf.NOW).out
    for arguments in (("status", "--json", "-c", book.config), ("-c", book.config, "status", "--json"),
                      (f"-c{book.config}", "status", "--json"), (f"--config={book.config}", "--json", "status"),
                      ("--json", "status", f"-c{book.config}")):
        story.equal(world.imprimatur(*arguments, now=shelf.NOW).out, wanted,
                    "options: " + " ".join("FILE" if part == book.config else str(part).replace(str(book.config), "FILE")
                                           for part in arguments))
    env = {"IMPRIMATUR_CONFIG": str(book.config)}
    story.equal(world.imprimatur("--json", "status", now=shelf.NOW, env=env).out, wanted, "IMPRIMATUR_CONFIG")
    result = world.imprimatur("-C", book.author.path, "log", env=env)
    story.ok(result.status == 1 and "there is no ledger in" in result.err, "  which -C overrides", result)
    result = world.imprimatur("log", "--", "-n", config=book.config)
    story.ok(result.status == 1 and "no article -n" in result.err, "behind -- everything is a name", result)


def statuses(story, world, book):
    for arguments, status, part in (
            (("-c", world.root / "gone.json", "status"), 3, "gone.json: the configuration cannot be read"),
            (("-c", world.configure(world.root / "gone.git", file="nowhere.json"), "status"), 75,
             "there is no git repository here"),
            (("-C", world.root / "run", "status"), 75, "is not in a git repository"),
            (("-C", world.root / "run", "log"), 75, "is not in a git repository")):
        result = world.imprimatur(*arguments)
        story.ok(result.status == status and part in result.err and not result.out,
                 f"{status}: {part}", result)
    with open(book.index.parent / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = world.imprimatur("once", config=book.config, now=shelf.NOW)
        story.ok(result.status == 75 and "another imprimatur is working" in result.err, "75: somebody has the lock", result)
        story.equal(world.imprimatur("status", config=book.config, now=shelf.NOW).status, 0,
                    "  but reading goes on")
    for arguments in (["--help"], ["-c", str(book.config), "status"], ["-c", str(book.config), "--json", "log"],
                      ["-c", str(book.config), "explain", "content/oncology/imaging.md"], ["-c", str(book.config), "check"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([world.program, *arguments], stdout=full, stderr=subprocess.PIPE, check=False,
                                  env=world.env | {"IMPRIMATUR_NOW": shelf.NOW})
        story.equal((done.returncode, done.stderr), (1, b"imprimatur: standard output: No space left on device\n"),
                    f"1: nowhere to write: {arguments[-1]}")


def becomes_the_daemon(story, world, book):
    folder = world.root / "bin"
    folder.mkdir()
    shutil.copy(world.program, folder / "imprimatur")
    (folder / "imprimaturd").write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 7\n')
    (folder / "imprimaturd").chmod(0o755)
    for arguments in (("-c", str(book.config), "daemon"), ("-c", str(book.config), "once", "--deliver")):
        done = world.run(folder / "imprimatur", *arguments, check=False)
        story.equal((done.status, done.out), (7, "".join(f"{part}|" for part in arguments)),
                    f"{arguments[2]}{' --deliver' if arguments[3:] else ''} is the program beside it, told the same")
    daemon = Path(world.program).parent / "imprimaturd"
    gone = world.root / "gone.json"
    for arguments in (("--no-pager", "-c", gone, "daemon"), ("daemon", f"-c{gone}", "--no-pager"),
                      ("--json", "once", "--config", gone, "--deliver"), ("endpoint", "ping", "-c", gone, "--no-pager", "--", "site")):
        done = world.run(daemon, *arguments, check=False)
        story.ok(done.status == 3 and "gone.json: the configuration cannot be read" in done.err,
                 f"both read the same command line: {' '.join('FILE' if part == gone else str(part) for part in arguments)}", done)
    done = world.run(daemon, "--no-pagr", "daemon", check=False)
    story.equal((done.status, done.err), (2, "imprimatur: Unknown option --no-pagr; did you mean --no-pager?\n"),
                "  and have the same words for a mistake")
    done = world.run(folder / "imprimatur", "daemon", env={"IMPRIMATUR_CONFIG": str(book.config), "IMPRIMATUR_NOW": "x"},
                     check=False)
    story.equal(done.status, 7, "the daemon ignores IMPRIMATUR_NOW")
    os.chmod(folder / "imprimaturd", 0o644)
    # Then it is the installed one, if there is any: without a configuration that does not begin to work.
    done = world.run(folder / "imprimatur", "-c", world.root / "gone.json", "daemon", check=False)
    story.ok(done.status in (1, 3) and done.err, "one that cannot be run is said to be missing", done)


def starts_quickly(story, world, book):
    """To read a repository does not take reading, each time again, the certificates that the machine trusts."""
    done = world.run(world.program, "status", env={"IMPRIMATUR_CONFIG": str(book.config), "LD_DEBUG": "bindings",
                                                   "LD_BIND_NOW": "1"})
    bound = [line for line in done.err.splitlines() if "libgit2" in line and "`mbedtls_x509_crt_parse_file'" in line]
    if not bound:
        story.skip("libgit2 reads no certificates", "its TLS is of another library")
        return
    story.ok(all(" to " + world.program + " " in line for line in bound), "libgit2 reads no certificates", bound)


with Story("Command: help, mistakes, exit statuses") as the_story, World() as the_world:
    the_book = shelf.make(the_world)
    helps(the_story, the_world)
    mistakes(the_story, the_world)
    places(the_story, the_world, the_book)
    statuses(the_story, the_world, the_book)
    becomes_the_daemon(the_story, the_world, the_book)
    starts_quickly(the_story, the_world, the_book)

#!/usr/bin/env -S python3 -B
"""The demo holds: it says what happened, cleans up after itself, goes on running where it is asked to, and fails
loudly when a step does not happen."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from story import PATIENCE_S, ROOT, Result, Story  # noqa: E402

DEMO = ROOT / "tests" / "demo" / "demo"
# What has to be said, in this order.
KEY_LINES = (
    "ssh-keygen -q -Y sign",
    "<< policy.changed",
    "<< article.submitted        qa/infant-fever.md -> submitted (new)",
    "<< article.under_review     qa/blood-pressure.md -> under_review",
    "<< review.approved          qa/ibuprofen.md by obs1 (1 of 2)",
    "<< article.approved         qa/ibuprofen.md -> approved by gp1",
    "<< review.changes_requested qa/infant-fever.md by gp1: Say what",
    "<< decision.refused         qa/infant-fever.md by ed1 (not-permitted):",
    "<< article.submitted        qa/colds.md -> submitted",
    "$ imprimatur status",
    "$ imprimatur log",
    "qa/infant-fever.md: decision by ed1 refused (not-permitted)",
    "qa/ibuprofen.md: approved (2 of 2)",
    "start of the ledger of handbook",
    "Reviewed-by: ",
    'Good "git" signature for ',
    "$ git fetch -q origin",
    "All of it happened",
)


def environment(scratch, **more):
    return {name: value for name, value in os.environ.items() if name != "KEEP"} | {"TMPDIR": scratch} | more


def run(scratch, **more):
    done = subprocess.run([DEMO], env=environment(scratch, **more), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def missing(text):
    """The key lines that are not there in their order."""
    at, lacking = 0, []
    for line in KEY_LINES:
        found = text.find(line, at)
        if found < 0:
            lacking.append(line)
        else:
            at = found + len(line)
    return lacking


def told(story, scratch):
    result = run(scratch)
    story.ok(result.status == 0 and not result.err, "the demo ends well, and says nothing on standard error", result)
    story.equal(missing(result.out), [], "it shows each step and what came of it")
    story.equal([line for line in result.out.replace(scratch, "/tmp").splitlines() if len(line) > 80], [],
                "in 80 columns")
    story.ok(f"{result.out.count('<< ')} webhooks came, each well signed" in result.out,
             "every webhook is printed, and its signature is good")
    deployed = result.out.partition("origin/approved\n")[2].partition("\n\n")[0]
    story.equal([line.split()[-1] for line in deployed.splitlines()],
                ["qa/colds.md", "qa/ibuprofen.md"], "only what was approved is on the approved branch")
    story.equal(os.listdir(scratch), [], "and nothing is left behind")


def fails_loudly(story, scratch):
    result = run(scratch, IMPRIMATUR="/bin/false")
    story.ok(result.status == 1 and "this step did not happen: the daemon ended" in result.err,
             "a daemon that does not start is a failure", result)
    story.equal(os.listdir(scratch), [], "which leaves nothing behind either")


def keeps(story, scratch):
    demo = subprocess.Popen([DEMO], env=environment(scratch, KEEP="1"), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            # Where the tests run in the background of a shell, it would be ignored.
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    watchdog = threading.Timer(2 * PATIENCE_S, demo.kill)
    watchdog.start()
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "until you press Ctrl-C" in line:
            break
    story.ok(lines and "until you press Ctrl-C" in lines[-1], "KEEP=1 leaves it running", "".join(lines))
    clone = next(Path(line.split()[1]) for line in lines if line.startswith("  cd ") and line.endswith("/obs1\n"))
    subprocess.run(["git", "-C", clone, "commit", "-q", "--allow-empty", "-S", "-m", "Who wrote this?",
                    "--trailer", "Review: comment", "--trailer", "Article: qa/infant-fever.md"], check=True)
    subprocess.run(["git", "-C", clone, "push", "-q", "origin", "HEAD:review/obs1/9"], check=True)
    comment = next((line for line in demo.stdout if "review.commented" in line), "")
    story.ok("by obs1: Who wrote this?" in comment, "and whoever plays a reviewer is answered by a webhook", comment)
    demo.send_signal(signal.SIGINT)
    rest = demo.stdout.read()
    watchdog.cancel()
    story.equal(demo.wait(), 0, "Ctrl-C ends it well") or story.note(rest)
    story.ok((clone / "qa").is_dir(), "and the files stay")


with Story("The demo") as the_story:
    for tell in (told, fails_loudly, keeps):
        with tempfile.TemporaryDirectory(prefix="demo-") as place:
            tell(the_story, place)

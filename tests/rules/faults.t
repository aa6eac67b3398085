#!/usr/bin/env -S python3 -B
"""Every fault that delivery is to survive, and every threat of SECURITY.md, has a test whose title says so. Where one of
them goes, so does the promise."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))
from story import Story  # noqa: E402

DISPATCHER = "tests/unit/test-dispatcher.c"
RECEIVERS, NAMES, DISK, KILL, POWER, LOCKS, SERVICE = (f"tests/fault/{name}.t" for name in (
    "receivers", "names", "disk", "kill", "power", "locks", "service"))
CERTIFICATES = "tests/fault/certificates.t"

# The fault: where its test is, and words of the title.
FAULTS = {
    "connection refused": [(RECEIVERS, "connection refused"), (DISPATCHER, "connection-refused-until-the-receiver-is-back")],
    "accepts, never answers": [(RECEIVERS, "accepts, never answers")],
    "reset before or after the request": [(RECEIVERS, "reset before the request"), (RECEIVERS, "reset after the request"),
                                          (DISPATCHER, "a-reset-is-answered-with-the-same-message")],
    "1 byte a second, in headers": [(RECEIVERS, "1 byte a second, in headers")],
    "200 and then 1 GB of body, or none": [(RECEIVERS, "200 and then a body without end"),
                                           (RECEIVERS, "200 and then no body")],
    "64 KiB of headers": [(RECEIVERS, "64 KiB of headers")],
    "302 to 169.254.169.254": [(RECEIVERS, "302 to 169.254.169.254"), (DISPATCHER, "a-redirect-is-not-followed")],
    "a name that lies": [(NAMES, "a name that resolves to"), (NAMES, "a name that is first public"),
                         (NAMES, "then private, blocked"), (NAMES, "no packet was sent inside")],
    "a certificate that is not to be trusted": [(CERTIFICATES, "an expired"), (CERTIFICATES, "a self-signed"),
                                                (CERTIFICATES, "a wrong-name"), (CERTIFICATES, "no body was sent")],
    "NXDOMAIN": [(NAMES, "NXDOMAIN is of the class dns")],
    "a resolver that hangs": [(NAMES, "a resolver that hangs"), (NAMES, "the loop answers within 50 ms throughout")],
    "429": [(DISPATCHER, f"429-with-{what}") for what in ("seconds", "date", "past-date", "garbage", "10^9")],
    "410": [(DISPATCHER, "410-disables-until-the-address-changes"), (RECEIVERS, '"410"')],
    "500 for 10,000 events": [(DISPATCHER, "500-for-10000-events"), (RECEIVERS, "the log is not flooded")],
    "kill -9": [(KILL, "times kill -9"), (KILL, "none was lost"), (KILL, "no id has two bodies")],
    "a power cut": [(POWER, "the power is cut, and all is as if it had not been"), (POWER, "a pass that approves"),
                    (POWER, "the first pass of many articles")],
    "a lock left over": [(LOCKS, "are taken away, and the pass goes on"), (LOCKS, "nothing is written meanwhile")],
    "a service manager that does not read": [(SERVICE, "nobody reads what the daemon tells the manager, and it works on")],
    "an index damaged while the daemon runs": [(SERVICE, "is put aside and made again from the ledger")],
    "disk full": [(DISK, "disk full"), (DISK, "nothing is sent that cannot be recorded"), (DISK, "goes on by itself")],
    "a clock that jumps": [(DISPATCHER, f"clock-{how}") for how in ("an-hour-forward", "an-hour-back", "set-back-to-1970")],
    "key rotation": [("tests/unit/test-webhook-signature.c", "key-rotation-both-keys-sign")],
    "one endpoint of 50 dead": [(DISPATCHER, "one-endpoint-of-50-dead"),
                                ("tests/bench/bench-delivery", "p99 of 49 endpoints")],
}


def missing(tests, read):
    return [f"{file}: {title}" for file, title in tests if title not in read(file)]


def untested(rows, tests):
    """The numbers of the table of threats with which no claim of a test begins."""
    return [row for row in re.findall(r"^\| (\d+) \|", rows, re.MULTILINE) if not re.search(rf"\brow {row}\b", tests)]


with Story("Faults to survive") as story:
    for fault, tests in FAULTS.items():
        story.equal(missing(tests, lambda file: (ROOT / file).read_text()), [], f"{fault}: is tested")
    story.equal(len(missing([(DISK, "disk full")], lambda file: "another story")), 1, "a title that is gone is missed")
    tests = "".join(path.read_text() for path in [*sorted((ROOT / "tests").glob("*/*.t")), ROOT / "tests/systemd/service.py"])
    story.equal(untested((ROOT / "SECURITY.md").read_text(), tests), [], "every threat of SECURITY.md is tested")
    story.equal(untested("| 1 | a |\n| 12 | b |\n", '"row 12: b"'), ["1"], "a threat without a test is missed")

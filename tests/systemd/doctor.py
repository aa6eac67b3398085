"""Told inside the box, as root: a host that is well is broken in one way after the other. Each time `doctor` says what is
wrong and what to type; that is typed, and all is well again."""

import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402
from service import ETC, HANDBOOK, UNIT, command, configure, install, job, journal, life_as, root, systemctl  # noqa: E402

CONFIG = ETC / "handbook.json"
STATE, RUNTIME = Path("/var/lib/imprimatur/handbook"), Path("/run/imprimatur/handbook")


class Host:
    def __init__(self, story):
        self.story = story

    @staticmethod
    def asks():
        """Its exit status, and what it says, in one line."""
        done = command("imprimatur", "-c", CONFIG, "doctor")
        return done.returncode, done.stdout + done.stderr

    def is_well(self, when):
        status, said = self.asks()
        self.story.ok(status == 0 and said.endswith("All is well.\n") and " warning: " not in said and " error: " not in said,
                      f"all is well {when}", said + journal(UNIT))

    def tells(self, what, *parts):
        """What is wrong, and one thing to type, which is returned."""
        status, said = self.asks()
        line = " ".join(said.split())
        missing = [part for part in parts if part not in line]
        self.story.ok(status == 1 and not missing and line.endswith("Not all is well: see above."), what,
                      f"{missing} is not in:\n{said}")
        return (re.findall(r"(?:;|;.* as root,) type: (.*?)(?: \(and .*\))?$", said, re.M) + re.findall(r"^    (systemctl .*)$", said, re.M))[:1]

    def types(self, told):
        for text in told:
            done = command("sh", "-c", text)
            self.story.ok(done.returncode == 0, f"  what to type is typed: {text}", done)
        if not told:
            self.story.ok(False, "  it says what to type")


def stopped(host):
    systemctl("disable", "--now", UNIT)
    host.types(host.tells("a unit that is stopped", f"the unit {UNIT} is inactive", f"systemctl enable --now {UNIT}"))
    host.is_well("when it is started")


def without_credential(host):
    credential = ETC / "handbook.credentials/site-url"
    text = credential.read_text()
    credential.unlink()
    told = f"cannot be read; write it, as root, to {credential}, and restart the service"
    host.tells("a credential that is missing, which the daemon does not know yet", "error: url:", told)
    systemctl("restart", UNIT)
    host.tells("  and with which it does not start", told, f"the unit {UNIT} is failed; its last exit status was 3, and it said: ",
               f"journalctl -u {UNIT}")
    credential.write_text(text)
    systemctl("restart", UNIT)
    host.is_well("when it is written, and the service restarted")


def given_up(host):
    """A unit that systemd does not start any more."""
    dropin = Path("/run/systemd/system/imprimatur@.service.d/often.conf")
    text = dropin.read_text()
    dropin.write_text("[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n")
    systemctl("daemon-reload")
    for _ in range(3):
        systemctl("restart", UNIT)
    host.types(host.tells("a unit that was started too often", f"the unit {UNIT} is failed", f"systemctl reset-failed {UNIT}"))
    host.is_well("when that is forgotten")
    dropin.write_text(text)
    systemctl("daemon-reload")


def changed_credential(host):
    """As a secret is rotated."""
    credential = ETC / "handbook.credentials/site-secret"
    credential.write_text(f"whsec_{'B' * 44} {credential.read_text()}")
    systemctl("reload", UNIT)
    host.story.ok(f"{credential}: has changed since the service was started, and is not reloaded; type: systemctl restart {UNIT}"
                  in journal(UNIT), "a reload says that a changed credential needs a restart", journal(UNIT))
    host.types(host.tells("a credential that was changed, which a reload does not bring to the daemon",
                          f"{credential}: warning: has changed since the service was started", "credentials have changed since"))
    host.is_well("when the service is restarted")


def closed_file(host):
    for file in (ETC / "handbook.authority", CONFIG):
        file.chmod(0o600)
        host.types(host.tells(f"{file.name} for root alone", f"{file}: error: the daemon's user cannot read it (Permission denied)"))
        host.is_well("when its group may read it")


def closed_state(host):
    """As by somebody who restored it from a copy."""
    for name in ("index.db", "tip"):
        os.chown(STATE / name, 0, 0)
        (STATE / name).chmod(0o600)
    host.types(host.tells("an index that is root's", f"{STATE}/index.db: error: the daemon's user cannot read and write it"))
    systemctl("restart", UNIT)
    host.is_well("when the state is the daemon's again")


def damaged_index(host):
    systemctl("stop", UNIT)
    (STATE / "index.db").write_bytes(b"This was an index." * 1000)
    host.tells("an index that is damaged", "not a database", f"systemctl restart {UNIT}")
    systemctl("restart", UNIT)
    host.is_well("when the daemon has filled another one from git")
    (STATE / "index.db.damaged").unlink()


def without_socket(host):
    (RUNTIME / "control").unlink()
    host.types(host.tells("a control socket that is missing", "nobody answers at the daemon's control socket"))
    host.is_well("when the daemon has made another one")


def closed_repository(host):
    command("chmod", "-R", "g=,o=", HANDBOOK)
    host.types(host.tells("a repository that its owner alone may use", f"{HANDBOOK}: error: belongs to another user and is not shared"))
    host.is_well("when it is shared again")
    HANDBOOK.parent.chmod(0o700)
    host.tells("one below a folder that others may not pass", f"{HANDBOOK}: error: the daemon's user cannot read and write it",
               "let it pass the folders above")
    HANDBOOK.parent.chmod(0o2775)
    command("chmod", "-R", "g-w", HANDBOOK / "objects")
    host.types(host.tells("objects that the daemon may not add to", f"{HANDBOOK}/objects: error: the daemon's user"))
    host.is_well("when it may")


def main():
    with Story("The doctor on a host that breaks") as story, Receiver() as receiver:
        install(story)
        dropin = Path("/run/systemd/system/imprimatur@.service.d/often.conf")
        dropin.parent.mkdir(parents=True)
        dropin.write_text("[Unit]\nStartLimitIntervalSec=0\n")
        systemctl("daemon-reload")
        os.umask(0o022)
        with life_as("git"), World() as world:
            people = [world.person("onc1", "Oncologist One", "one@board.example")]
            world.run("git", "init", "-q", "--bare", "--shared=group", "-b", "main", HANDBOOK)
            key = configure(world, receiver)
            ledger_key = " ".join(Path(f"{key}.pub").read_text().split()[:2])
            with root():
                story.equal(systemctl("enable", "--now", UNIT).returncode, 0, "the service is started") or story.note(journal(UNIT))
            job(story, world, people, receiver, key, ledger_key=ledger_key)
            with root():
                host = Host(story)
                host.is_well("before anything breaks")
                for breaks in (stopped, without_credential, given_up, changed_credential, closed_file, closed_state,
                               damaged_index, without_socket, closed_repository):
                    breaks(host)


if __name__ == "__main__":
    main()

#!/usr/bin/env -S python3 -B
"""The box of tests/systemd: what is to run inside never runs on this machine."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from story import ROOT, Story  # noqa: E402


def main():
    with Story("A box that is not there") as story, tempfile.TemporaryDirectory() as folder:
        def runs(box):
            done = subprocess.run([ROOT / "tests/systemd/systemd-box", "exec", "touch", f"{folder}/touched"], check=False,
                                  env={"SYSTEMD_BOX": str(box), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, capture_output=True, text=True)
            return done.returncode, done.stderr.splitlines()[-1:], Path(folder, "touched").exists()
        story.equal(runs(f"{folder}/none"), (1, [f"systemd-box: nothing runs in {folder}/none"], False), "one that was not started")
        ended = subprocess.Popen(["true"])
        ended.wait()
        Path(folder, "pid").write_text(f"{ended.pid}\n")
        story.equal(runs(folder), (1, [f"systemd-box: nothing runs in {folder}"], False), "one that has ended")


main()

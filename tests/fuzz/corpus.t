#!/usr/bin/env -S python3 -B
"""Every fuzz target takes its corpus, in which each input once showed something new."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from story import ROOT, Story  # noqa: E402

BUILD = Path(os.environ.get("BUILD", ROOT / "build"))
HERE = Path(__file__).resolve().parent

with Story("The corpora of the fuzz targets") as story:
    for source in sorted(HERE.glob("fuzz-*.c")):
        name = source.stem.removeprefix("fuzz-")
        done = subprocess.run([BUILD / "tests/fuzz" / source.stem, HERE / "corpus" / name], capture_output=True,
                              text=True, errors="replace", check=False)
        story.ok(done.returncode == 0 and "\nok 1 - " in done.stdout, name, done.stdout[-200:] + done.stderr[-3000:])
    size = sum(path.stat().st_size for path in (HERE / "corpus").iterdir())
    story.ok(size < 1_000_000, "all of them are small enough to carry along", size)

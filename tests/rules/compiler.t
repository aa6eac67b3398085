#!/usr/bin/env -S python3 -B
"""What the compiler and its tools can say about the rules: every header stands alone, no object but those of the
main programs holds mutable state, the code is formatted. They look at the build in $BUILD, as it was compiled."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from multiprocessing.pool import ThreadPool
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "lib")]
from rules import MAINS, ROOMS, Tree  # noqa: E402
from story import ROOT, Story  # noqa: E402

BUILD = Path(os.environ.get("BUILD", ROOT / "build"))
FLAGS = shlex.split((BUILD / "flags").read_text())
# What G_DEFINE_QUARK and G_DEFINE_TYPE make, written once, by GLib; and GSourceFuncs, which it takes as not const.
GLIBS_OWN = re.compile(r"(q|quark|source_funcs|static_g_define_type_id|\w+_parent_class|\w+_private_offset)(\.\d+)?")

WITH_STATE = """#include <glib.h>
G_DEFINE_QUARK(imp-error, imp_error)
static const char *const words[] = {"a", "b"};
static GQuark initialized = 7;
static _Thread_local int each;
int shared;
const char *word(void) { static int calls; return words[(initialized++ + calls++ + each++ + shared++) % 2]; }
"""


def compiler(*arguments, text):
    return subprocess.run([*FLAGS, "-Werror", "-I", str(ROOT), "-x", "c", *arguments, "-"], input=text, text=True,
                          capture_output=True, check=False, cwd=ROOT)


def complaint(header):
    """What the compiler says to a file that includes this header and nothing else."""
    done = compiler("-fsyntax-only", text=f'#include "{header}"\n')
    return done.stderr if done.returncode != 0 else ""


def mutable(an_object):
    """The names in an object that stand in memory which stays writable. (Constants that hold addresses stand
    in .data.rel.ro, which does not.)"""
    table = subprocess.run(["objdump", "-t", str(an_object)], capture_output=True, text=True, check=True).stdout
    if "__asan_" in table:
        return []  # its tables are the sanitizer's; the plain build is looked into
    found = re.findall(r"^\S+ .{7} (\.t?data|\.t?bss|\.(?:t?data|t?bss)\.(?!rel\.ro)\S*|\*COM\*)\t\S+ +(?:\.hidden +)?(\S+)$",
                       table, re.MULTILINE)
    return [name for section, name in found if name != section and not GLIBS_OWN.fullmatch(name)]


def unformatted(path):
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", str(path)], capture_output=True, text=True,
                          check=False, cwd=ROOT)
    return done.stderr if done.returncode != 0 else ""


def headers(story, tree):
    names = [name for name in tree.c_files() if name.endswith(".h")]
    with ThreadPool(2) as pool:
        found = "".join(pool.map(complaint, names))
    story.ok(names and not found, "every header compiles alone", found)
    with tempfile.NamedTemporaryFile("w", suffix=".h") as bad:
        bad.write("GString *imp_no_include(void);\n")
        bad.flush()
        story.ok(complaint(bad.name), "  and one that does not is found")


def state(story, tree):
    sources = [name for name in tree.c_files(*ROOMS) if name.endswith(".c") and name not in MAINS]
    objects = [(name, BUILD / f"{name.removesuffix('.c')}.o") for name in sources]
    found = [f"{name}: {symbol}" for name, path in objects for symbol in mutable(path)]
    story.ok(objects and not found, "no mutable state outside the main files", "\n".join(found))
    plain = [flag for flag in FLAGS if not flag.startswith(("-fsanitize", "-fno-sanitize", "-W"))]
    with tempfile.TemporaryDirectory(prefix="rules-") as scratch:
        bad = Path(scratch) / "bad.o"
        subprocess.run([*plain, "-x", "c", "-c", "-o", bad, "-"], input=WITH_STATE, text=True, check=True)
        names = sorted(name.split(".")[0] for name in mutable(bad))
        story.equal(names, ["calls", "each", "initialized", "shared"], "  and what is mutable is found, and only that")


def layout(story, tree):
    tool = shutil.which("clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout if tool else ""
    if " version 14." not in version:
        story.skip("the code is formatted", "no clang-format 14 here, and others differ")
        return
    with ThreadPool(2) as pool:
        found = "".join(pool.map(unformatted, tree.c_files()))
    story.ok(not found, "the code is formatted", found)
    with tempfile.NamedTemporaryFile("w", suffix=".c", dir=BUILD) as bad:
        bad.write("int  main( void ){return 0;}\n")
        bad.flush()
        story.ok(unformatted(bad.name), "  and what is not is found")


with Story("Rules that the compiler checks") as the_story:
    here = Tree(ROOT)
    headers(the_story, here)
    state(the_story, here)
    layout(the_story, here)

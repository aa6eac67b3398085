"""How many instructions the program executes, by Valgrind's callgrind: the same on a busy machine as on an idle one."""

import shutil

TOTAL = "Collected : "


def can_count(program):
    """Whether Valgrind is there, and can run the program: one that a sanitizer is in it cannot."""
    return shutil.which("valgrind") is not None and b"__asan_init" not in open(program, "rb").read()


def instructions_of(world, *command, now=None):
    """Of any command, in all its threads; whatever its exit status is."""
    done = world.run("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command,
                     env={"IMPRIMATUR_NOW": now} if now else {}, check=False)
    return int(done.err.split(TOTAL)[1].split()[0])


def instructions(world, *arguments, now):
    """Of the program with these arguments, beyond those that its start takes."""
    return (instructions_of(world, world.program, *arguments, now=now) -
            instructions_of(world, world.program, "--version", now=now))

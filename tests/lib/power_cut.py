"""A power cut, played: what a disk may hold after a program was interrupted anywhere.

The program is traced once. Of its calls a model of the disk is made, in which nothing is kept that was not synced: the
content of a file not before the file was (fsync(2)), its name in a folder not before the folder was. Two disks are
possible at each instant, for each file system by itself: the *strict* one, which kept only what it had to, and the
*eager* one, whose names are all there already but whose contents are not (as those of ext4 and xfs may be).

    run = trace([program, ...], [repository, state_directory], env)
    for cut in run.cuts():
        cut.restore()     # the folders lie there as they were found after the cut
"""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

CALLS = ("open,openat,creat,close,read,write,pwrite64,ftruncate,rename,renameat,renameat2,link,linkat,unlink,"
         "unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,lseek,execve")
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>")
_ENDED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def why_not():
    """The reason for which nothing can be traced here, or None."""
    try:
        tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "there is no strace here"
    return None if tried.returncode == 0 else f"nothing can be traced here: {tried.stderr.strip().splitlines()[-1]}"


@dataclass
class _File:
    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


FOLDER = "folder"


class _Disk:
    """Of one folder and all below it: names -> _File or FOLDER, as they are and as they were synced."""

    def __init__(self, root):
        self.root = Path(root)
        self.now = {}
        for folder, folders, files in os.walk(root):
            self.now |= {os.path.join(folder, name): FOLDER for name in folders}
            for name in files:
                path = os.path.join(folder, name)
                if not name.endswith("-shm") and os.path.isfile(path):
                    content = Path(path).read_bytes()
                    self.now[path] = _File(bytearray(content), content)
        self.durable = dict(self.now)

    def holds(self, path):
        return path == str(self.root) or path.startswith(f"{self.root}/")

    def sync_folder(self, path):
        for names in (self.durable, self.now):
            within = {name: thing for name, thing in names.items() if os.path.dirname(name) == path}
            if names is self.durable:
                for name in within:
                    del self.durable[name]
            else:
                self.durable |= within

    def possible(self):
        """What may be found: two of {path: bytes or FOLDER}. A name in a folder that is not there is not there."""
        for names in (self.durable, self.now):
            found = {}
            for path in sorted(names):
                above = os.path.dirname(path)
                if above == str(self.root) or above in found:
                    thing = names[path]
                    found[path] = thing if thing is FOLDER else bytes(thing.synced)
            yield found


@dataclass
class Cut:
    """An instant: before which call, and what the folders hold then."""

    before: str
    disks: list  # of (root, {path: bytes or FOLDER})

    def restore(self):
        for root, found in self.disks:
            for name in os.listdir(root):
                path = root / name
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            for path, thing in found.items():
                Path(path).mkdir() if thing is FOLDER else Path(path).write_bytes(thing)
                os.utime(path, (0, 0))  # it was some time ago that the machine ran


def _calls(lines):
    """(thread, name, arguments, result) of each call. One that another thread's calls interrupt stands on two lines: it
    counts when it ended, but a close when it began, for its descriptor may be another's before it ends."""
    begun = {}
    for line in lines:
        if whole := _CALL.match(line):
            yield whole.groups()
        elif first := _BEGUN.match(line):
            thread, name, arguments = first.groups()
            if name == "close":
                yield thread, name, arguments, "0"
            else:
                begun[thread, name] = arguments
        elif second := _ENDED.match(line):
            thread, name, arguments, result = second.groups()
            if name != "close":
                yield thread, name, begun.pop((thread, name)) + arguments, result


class Trace:
    """A run, call by call."""

    def __init__(self, lines, disks):
        self.disks = disks
        self.open = {}  # descriptor -> [path, _File or FOLDER, place in it]
        self.syncs = 0
        calls = list(_calls(lines))
        first = calls[0][0]
        # What becomes another program (ssh-keygen) writes elsewhere; threads share the descriptors.
        children = {pid for pid, name, _, _ in calls if name == "execve" and pid != first}
        self.calls = [(name, [bytes.fromhex(text.replace(r"\x", "")) for text in _TEXT.findall(arguments)],
                       _TEXT.sub("", arguments), int(result))
                      for pid, name, arguments, result in calls if pid not in children and int(result) >= 0]
        self.becomes = {os.fsdecode(texts[0]): os.fsdecode(texts[1]) for name, texts, _, _ in self.calls
                        if name.startswith(("rename", "link"))}
        self.packs = {str(path): path.read_bytes() for disk in disks for path in disk.root.rglob("*.pack")}

    def _mapped(self, path):
        """The content of a pack, which is written through a mapping that no trace shows, from where it is in the end."""
        while path in self.becomes:
            path = self.becomes[path]
        return self.packs.get(path)

    def cuts(self):
        """Every instant at which the disks may hold something else than before."""
        seen, changed = set(), True
        for name, texts, rest, result in [*self.calls, ("the end", [], "", 0)]:
            for cut in self._possible(name, texts) if changed else ():
                key = hashlib.sha256(repr([sorted((path, thing) for path, thing in found.items())
                                           for _, found in cut.disks]).encode()).digest()
                if key not in seen:
                    seen.add(key)
                    yield cut
            self._play(name, texts, rest, result)
            # What is only written is not found afterwards.
            changed = name not in ("read", "lseek", "write", "pwrite64", "ftruncate", "close", "execve")

    def _possible(self, name, texts):
        before = f"{name} {os.path.basename(os.fsdecode(texts[0])) if texts else ''}".strip()
        combined = [[]]
        for disk in self.disks:
            combined = [[*chosen, (disk.root, found)] for chosen in combined for found in disk.possible()]
        return [Cut(before, disks) for disks in combined]

    def _disk(self, path):
        return next((disk for disk in self.disks if disk.holds(path)), None)

    def _play(self, name, texts, rest, result):
        if name in ("open", "openat", "creat"):
            self._open(os.fsdecode(texts[0]), rest, result, name == "creat")
        elif name in ("rename", "renameat", "renameat2", "link", "linkat"):
            source, target = (os.fsdecode(text) for text in texts[:2])
            disk = self._disk(source)
            if disk and source in disk.now:
                thing = disk.now[source] if name.startswith("link") else disk.now.pop(source)
                disk.now[target] = thing
        elif name in ("unlink", "unlinkat", "rmdir", "mkdir", "mkdirat"):
            path = os.fsdecode(texts[0])
            disk = self._disk(path)
            if disk and name.startswith("mkdir"):
                disk.now[path] = FOLDER
            elif disk:
                disk.now.pop(path, None)
        elif name not in ("execve", "the end"):
            self._on_descriptor(name, texts, rest, result)

    def _open(self, path, rest, descriptor, creates):
        disk = self._disk(path)
        self.open.pop(descriptor, None)
        if not disk:
            return
        thing = disk.now.get(path)
        if path == str(disk.root):
            thing = FOLDER
        elif thing is None and (creates or "O_CREAT" in rest):
            thing = disk.now[path] = _File()
        if thing is not None:
            if thing is not FOLDER and (creates or "O_TRUNC" in rest):
                del thing.data[:]
            self.open[descriptor] = [path, thing, len(thing.data) if "O_APPEND" in rest else 0]

    def _on_descriptor(self, name, texts, rest, result):
        numbers = [int(number) for number in re.findall(r"-?\d+", rest)]
        held = self.open.get(numbers[0]) if numbers else None
        if held is None:
            return
        path, thing, place = held
        if name == "close":
            del self.open[numbers[0]]
        elif name in ("fsync", "fdatasync"):
            self.syncs += 1
            if thing is FOLDER:
                self._disk(path).sync_folder(path)
            else:
                thing.synced = self._mapped(path) or bytes(thing.data)
        elif name == "ftruncate":
            del thing.data[numbers[1]:]
            thing.data.extend(bytes(numbers[1] - len(thing.data)))
        elif name == "lseek":
            held[2] = result
        elif name == "read":
            held[2] += result
        elif name in ("write", "pwrite64"):
            at = numbers[-1] if name == "pwrite64" else place
            thing.data.extend(bytes(max(0, at - len(thing.data))))
            thing.data[at:at + result] = texts[0][:result]
            held[2] = at + result if name == "write" else place


def trace(command, folders, env=None, cwd=None):
    """Runs the command to its end, which must be a good one; returns its Trace."""
    folders = [Path(folder) for folder in folders]
    disks = [_Disk(folder) for folder in folders]
    log = folders[0].parent / "trace"
    # A sanitizer cannot look for leaks in what is traced; it does in every other test.
    env = {**(os.environ if env is None else env)}
    env["ASAN_OPTIONS"] = ":".join(filter(None, (env.get("ASAN_OPTIONS"), "detect_leaks=0")))
    done = subprocess.run(["strace", "-f", "-xx", "-s", "67108864", "-o", log, "-e", f"trace={CALLS}", "-e", "signal=none",
                           *map(str, command)], env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"traced: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
    with open(log, encoding="ascii", errors="replace") as lines:
        run = Trace(lines, disks)
    log.unlink()
    return run

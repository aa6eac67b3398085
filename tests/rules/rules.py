"""The rules of the house that a reader of the text can check. Each is a function from a Tree to findings,
`path:line: what`, and comes with text that breaks it: a rule that cannot fail is not one."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("workflow", "articles", "notify", "daemon")
# What a folder may include beside itself and what lies in it: the row of the longest prefix of its path counts. The
# rooms stand as in ARCHITECTURE.md, the lowest first.
_FLOOR = {"workflow", "articles", "notify"}
_CONFIG = {*_FLOOR, "daemon/terminal", "daemon/config"}
_PASS = {*_CONFIG, "daemon/index", "daemon/pass"}
_CONTROL = {*_PASS, "daemon/remote", "daemon/verify", "daemon/control"}
_VERBS = {*_CONTROL, *("daemon/verbs/%s.h" % part for part in ("verb", "command", "failure", "help"))}
_VIEW = {*_VERBS, "daemon/verbs/queue", "daemon/verbs/view"}
MAY_INCLUDE = {"workflow": {"workflow"}, "articles": {"workflow"}, "notify": {"workflow"},
               "daemon": {"workflow", "articles", "notify", "daemon"},
               "daemon/terminal": {"workflow", "articles"}, "daemon/config": {"workflow", "notify"},
               "daemon/index": _CONFIG, "daemon/pass": _PASS, "daemon/remote": _PASS, "daemon/verify": _PASS, "daemon/control": _CONTROL,
               "daemon/door": {"workflow"}, "daemon/service": _CONTROL, "daemon/verbs": _CONTROL, "daemon/verbs/queue": _VERBS,
               "daemon/verbs/view": _VIEW, "daemon/verbs/decide": _VIEW, "daemon/verbs/check": _VIEW,
               "daemon/verbs/setup": _VIEW, "daemon/site": _VIEW,
               "daemon/verbs/site": {*_VIEW, "daemon/site"}, "tests": {*ROOMS, "tests"}}
# And what it may not, though its row would let it: the command line sends nothing itself.
NEVER_INCLUDE = {"daemon/verbs": {"daemon/service", "notify/dispatcher.h", "notify/sender.h"}}
# A library's header, where it may be included in the rooms, and in how many files.
LIBRARIES = ((r"git2(/.*)?(\.h)?", r"articles/.*", None),
             (r"curl/.*", r"notify/[^/]*", 1),
             (r"yaml\.h", r"articles/[^/]*", 1),
             (r"zlib\.h", r"articles/pack(_read)?\.c", 2),
             (r"md4c(-html)?\.h", r"articles/render\.c", 1),
             (r"openssl/.*", r"articles/ssh_verify\.c|notify/(signature|certificates)\.c", 3),
             (r"sqlite3\.h", r"workflow/base/database\.c", 1),
             (r"jansson\.h", r"workflow/base/json\.h", None),
             (r"microhttpd\.h", r"daemon/door/.*", 1),
             (r"systemd/.*", r"daemon/.*", None))
# What only these files may call, in the rooms: the clock, the mask of new files, SQLite's own connection.
CALLERS = (("g_get_real_time", {"articles/repository_refs.c",  # the age of a file
                                "daemon/door/door.c", "daemon/service_main.c", "daemon/service/metrics_file.c", "daemon/service/service.c",
                                "daemon/service/service_ping.c", "daemon/verbs/command.c",
                                "daemon/verbs/site/verb_site.c", "daemon/verbs/view/status_watch.c"}),
           ("umask", {"articles/repository.c", "daemon/service/unix_socket.c"}),
           ("imp_database_handle", {"workflow/base/database.c", "workflow/base/database.h"}))
COLUMNS = 100  # of a line of C
MOST_LINES = {".c": 550, ".h": 140}  # of a file in the rooms
FUNCTION_LINES = 60  # of a function's body
PARAMETERS = 7  # of a function, but for those whose shape a library gives
GIVEN_SHAPES = {("daemon/door/door.c", "handle")}
# Where a fault is looked at instead of handed on, since one kind of it is an answer.
LOOKS_AT_FAULTS = {("articles/openpgp_verify.c", "imp_openpgp_verify"),  # gpgv is not installed
                   ("articles/policy_source.c", "read_disk_file"), ("daemon/verbs/check/check_files.c", "check_article"),  # not text
                   ("daemon/index/fold.c", "imp_fold_catch_up"),  # a ledger that was put back is read from its beginning
                   ("daemon/pass/workplace.c", "open_or_make_index"),  # damage is mended
                   ("daemon/verify/verify.c", "take_entry")}  # a commit that is not an entry

# Phrases that have to be read twice, and what is said instead. A blank stands for the end of a line, too.
PLAIN = ((r"(?:\b[Tt]here )?\b(?:is|are|was|were) no (?!longer\b|(?:more|less|fewer|later|earlier|older) than\b)\w", "is not a"),
         (r"(?:\b[Tt]here )?\b(?:is|are|was|were) none\b(?= (?:of|that|any more)\b|[.,;:)])", "is not one"),
         (r"\bane[w]\b", "again"),
         (r"\b(?:counts?|warns?|exists?|works?|(?:is|are) \w+ed|has (?:it|one)) no more\b(?! than)", "no longer"),
         (r"\b(?:is|are) another (?:than|now)\b", "is not the, has changed"),
         (r"\bstands? (?:there )?twice\b", "appears twice"),
         (r"\b(?:is|are) (?:disabled|failing|running|asked|approved) since\b", "has been since"),
         (r"\bwhose one\b", "of which one"))
# And in messages: what to do stands behind a semicolon.
ADVICE = (r"\b(?:is|are|has|have|holds?|needs|cannot be)\b(?:(?!\bif\b|\bin\b CI)[^,;:.\"])*, "
          r"(?:write|remove|add|correct|shorten|swap|choose|copy|create) ", "; and then what to do")
# Words of the record, which stay as they are.
RECORDED = {("daemon/pass/pass.c", "ane" "w")}

MAINS = ("daemon/main.c", "daemon/service_main.c", "daemon/door_main.c")
BANNED = ("strcpy", "strcat", "sprintf", "vsprintf", "system", "popen", "strtok", "atoi", "gets",
          "g_ptr_array_index")  # of an array's elements there is one way to write: array->pdata[i]

# The words below are spelt so that this file keeps the rules that it states.
PASSES_TIME = re.compile(r"\b(u|nano|g_u)?[s]leep\b")
LEFT_OPEN = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
SOMEBODYS_PLACE = re.compile(r"(?<![\w.$})*~-])/(U[s]ers|r[o]ot|w[o]rk|w[o]rkspace)/\w|(?<![\w.$})*~-])/h[o]me/(?!git/)\w")


class Tree:
    """The files of a checkout (those that git knows or would add), or of any folder."""

    def __init__(self, root):
        self.root = Path(root)
        listed = subprocess.run(["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard"], capture_output=True, check=False)
        if listed.returncode == 0:
            names = {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}
        else:
            names = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
            names = {name for name in names if not name.startswith((".git/", "build"))}
        self.names = sorted(name for name in names if (self.root / name).is_file())

    def text(self, name):
        """Of a picture there is none."""
        if name.endswith(".png"):
            return ""
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def c_files(self, *folders):
        return [name for name in self.names
                if name.endswith((".c", ".h")) and (not folders or name.startswith(tuple(f"{f}/" for f in folders)))]


_NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code(text):
    """C without comments and literals, line for line."""
    return _NOT_CODE.sub(lambda found: "\n" * found.group().count("\n") or " ", text)


def includes(text):
    """(line number, header, whether in quotes) of each #include."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found[2], found[1] == '"'


def lines_with(tree, names, pattern, what, of=lambda text: text):
    return [f"{name}:{number}: {what} {found.group().strip()}" for name in names
            for number, line in enumerate(of(tree.text(name)).splitlines(), 1) for found in [pattern.search(line)]
            if found]


def lies_in(path, folder):
    return path == folder or path.startswith(folder + "/")


def room_of(name):
    """The longest prefix of a file's path that is a room."""
    return max((room for room in MAY_INCLUDE if lies_in(name, room)), key=len)


def rooms_keep_their_direction(tree):
    findings = []
    for name in tree.c_files(*(room for room in MAY_INCLUDE if "/" not in room)):
        room = room_of(name)
        for number, header, quoted in includes(tree.text(name)):
            if (quoted or header.split("/")[0] in ROOMS) and "/" in header and not any(
                    lies_in(header, allowed) for allowed in {room, *MAY_INCLUDE[room]}):
                findings.append(f"{name}:{number}: {room}/ includes {header}")
            findings += [f"{name}:{number}: {folder}/ includes {header}" for folder, never in NEVER_INCLUDE.items()
                         if lies_in(name, folder) and any(lies_in(header, one) for one in never)]
    return findings


def includes_stand_in_one_order(tree):
    """The header of the file itself; the others of the tree by name; an empty line; and those of libraries by name."""
    findings = []
    for name in tree.c_files(*ROOMS, "tests"):
        text = tree.text(name)
        found = list(includes(text))
        ordered = sorted(found, key=lambda one: (not one[2], one[2] and one[1] != f"{name[:-2]}.h", one[1]))
        findings += [f"{name}:{at[0]}: {at[1]} stands where {should[1]} should" for at, should in zip(found, ordered)
                     if at[1] != should[1]][:1]
        findings += [f"{name}:{this[0]}: {'not ' * (one[2] != this[2])}one block with {one[1]}"
                     for one, this in zip(found, found[1:]) if this[0] - one[0] != (1 if one[2] == this[2] else 2)]
    return findings


def headers_include_in_no_circle(tree):
    below = {name: {header for _, header, quoted in includes(tree.text(name)) if quoted}
             for name in tree.c_files(*ROOMS) if name.endswith(".h")}
    while True:
        done = [name for name, headers in below.items() if not headers & below.keys()]
        if not done:
            # What is left is in a circle, or above one.
            return [f"{name}:1: is in a circle of includes, or includes one" for name in below]
        for name in done:
            del below[name]


def includes_have_their_folder(tree):
    return [f"{name}:{number}: {header} is not the path of a file here" for name in tree.c_files()
            for number, header, quoted in includes(tree.text(name))
            if quoted and ("/" not in header or ".." in header or header not in tree.names)]


def libraries_stay_where_they_are(tree):
    findings = []
    for header, place, most in LIBRARIES:
        users = [(name, number, found) for name in tree.c_files(*ROOMS)
                 for number, found, _ in includes(tree.text(name)) if re.fullmatch(header, found)]
        findings += [f"{name}:{number}: {found} belongs to {place}" for name, number, found in users
                     if not re.fullmatch(place, name)]
        files = sorted({name for name, _, _ in users})
        if most and len(files) > most:
            findings.append(f"{', '.join(files)}: {header} belongs into {most} file")
    return findings


def sqlite_is_wrapped_once(tree):
    """Its names stand in one file; all others say database and rows."""
    names = [name for name in tree.c_files(*ROOMS) if name != "workflow/base/database.c"]
    return lines_with(tree, names, re.compile(r"\b(?<!struct )(sqlite3\w*|SQLITE_\w+)"), "names", code)


def banned_functions_are_not_called(tree):
    return lines_with(tree, tree.c_files(), re.compile(rf"\b({'|'.join(BANNED)})\s*\("), "calls", code)


def only_main_files_end_the_process(tree):
    names = [name for name in tree.c_files(*ROOMS) if name not in MAINS]
    return (lines_with(tree, names, re.compile(r"\b(quick_)?exit\s*\("), "calls", code)
            + lines_with(tree, names, re.compile(r"^int\s+main\s*\("), "defines", code))


def tests_wait_and_pass_no_time(tree):
    names = [name for name in tree.names if name.startswith("tests/") and not name.endswith((".md", ".txt", ".json"))
             and "/corpus/" not in name]
    return lines_with(tree, names, PASSES_TIME, "passes time:")


def scripts_leave_nothing_behind(tree):
    """A script that is run by its name writes no __pycache__ into the tree."""
    return [f"{name}:1: write #!/usr/bin/env -S python3 -B" for name in tree.names
            if re.match(r"#!.*python(?!3 -B$)", tree.text(name).partition("\n")[0])]


def nothing_is_left_open(tree):
    return lines_with(tree, [name for name in tree.names if not name.endswith(".md")], LEFT_OPEN, "left open:")


def no_file_names_somebodys_machine(tree):
    here = re.compile(re.escape(str(tree.root)) + r"\b")
    return (lines_with(tree, tree.names, SOMEBODYS_PLACE, "names")
            + lines_with(tree, [name for name in tree.names if len(tree.root.parts) > 2], here, "names"))


def callers_are_listed(tree):
    findings = []
    for called, places in CALLERS:
        names = [name for name in tree.c_files(*ROOMS) if name not in places]
        findings += lines_with(tree, names, re.compile(rf"\b{called}\s*\("), "calls", code)
    return findings


def lines_fit_the_screen(tree):
    return [f"{name}:{number}: {len(line)} columns" for name in tree.c_files()
            for number, line in enumerate(tree.text(name).splitlines(), 1) if len(line) > COLUMNS]


def files_can_be_read_in_one_sitting(tree):
    lengths = [(name, tree.text(name).count("\n")) for name in tree.c_files(*ROOMS)]
    return [f"{name}:{length}: more lines than {MOST_LINES[name[-2:]]}" for name, length in lengths
            if length > MOST_LINES[name[-2:]]]


def functions_fit_the_screen(tree):
    findings = []
    for name in tree.c_files(*ROOMS):
        begins = 0
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if line == "{":
                begins = number
            elif line == "}" and begins and number - begins - 1 > FUNCTION_LINES:
                findings.append(f"{name}:{begins}: a function of {number - begins - 1} lines")
    return findings


def sentences_are_read_once(tree):
    names = [name for name in tree.names if name.endswith((".c", ".h", ".py", ".t", ".md", ".1", ".5", ".7"))
             and not re.match(r"tests/(demo|fuzz|ledgers)/", name)]
    ends = r"(?:\\s+[*#]?\\s*|\"\\s*\")"
    findings = []
    for pattern, instead in (*PLAIN, ADVICE):
        pattern = re.compile(re.sub(r" (?![?*+])", ends, pattern))
        for name in names:
            text = tree.text(name)
            for found in pattern.finditer(text):
                before = text[max(0, found.start() - 60):found.start()]
                if (instead == ADVICE[1] and (not name.startswith(tuple(f"{room}/" for room in ROOMS))
                                              or re.search(r"\bif\b[^;:.]*$", before))):
                    continue
                if not re.match("[Tt]here", found[0]) and (name, found[0]) not in RECORDED:
                    findings.append(f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {' '.join(found[0].split())}: {instead}")
    return findings


def errors_alone_tell_a_fault(tree):
    """A result that means nothing was found and a result that means a fault look different to the caller."""
    return [f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {' '.join(found[0].split())}: bool f(..., T **out, GError **error)"
            for name in tree.c_files(*ROOMS) for text in [tree.text(name)]
            for found in re.finditer(r"\b[Ww]ithout(?:\s+\*?\s*)an(?:\s+\*?\s*)error\b", text)]


_FUNCTION = re.compile(r"^(?:[A-Za-z_][\w *]*?[ *])?(\w+)\(((?:[^()]|\([^()]*\))*)\)(?=\s*(?:;|\{|G_GNUC))", re.MULTILINE)


def functions_take_few_parameters(tree):
    findings = []
    for name in tree.c_files(*ROOMS):
        text = code(tree.text(name))
        for found in _FUNCTION.finditer(text):
            count = re.sub(r"\([^()]*\)", "", found[2]).count(",") + 1
            if count > PARAMETERS and (name, found[1]) not in GIVEN_SHAPES:
                findings.append(f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {found[1]}() takes {count} parameters")
    return findings


_BODY = re.compile(_FUNCTION.pattern.replace(r"(?=\s*(?:;|\{|G_GNUC))", r"\s*\n\{\n(.*?)^\}"), re.MULTILINE | re.DOTALL)


def faults_are_handed_on(tree):
    """What has an error to set hands on the one that it gets, reworded at most (workflow/base/fault.h)."""
    findings = []
    for name in tree.c_files(*ROOMS):
        text = code(tree.text(name))
        for found in _BODY.finditer(text):
            own = re.search(r"^ *(?:g_autoptr\(GError\)|GError \*) *\w+", found[3], re.MULTILINE)
            if own and "GError **" in found[2] and (name, found[1]) not in LOOKS_AT_FAULTS:
                findings.append(f"{name}:{text.count(chr(10), 0, found.start(3) + own.start()) + 1}: {found[1]}() has an error of its own")
    return findings


def functions_are_declared_where_they_are(tree):
    """A prototype in X.h is of a function in X.c or X_*.c; of G_DEFINE_QUARK's there is nothing to see."""
    where, findings = {}, []
    headers = []
    for name in tree.c_files(*ROOMS):
        text = code(tree.text(name))
        for found in _FUNCTION.finditer(text):
            if name.endswith(".c"):
                if found[0].startswith("static") or not text[found.end():].lstrip().startswith("{"):
                    continue
                where.setdefault(found[1], set()).add(name)
            elif not found[0].startswith(("typedef", "static", "G_")) and not found[1].endswith("_error_quark"):
                headers.append((name, text.count("\n", 0, found.start()) + 1, found[1]))
    for name, number, function in headers:
        stem = name.removesuffix(".h")
        if not any(place == f"{stem}.c" or place.startswith(f"{stem}_") for place in where.get(function, ())):
            findings.append(f"{name}:{number}: {function}() is in {', '.join(where.get(function, ())) or 'no file'}")
    return findings


def folders_stand_in_the_architecture(tree):
    """Every folder with C files has a row in the table of rooms, and every row a folder."""
    if "ARCHITECTURE.md" not in tree.names:
        return []
    rows = set(re.findall(r"^\| `((?:workflow|articles|notify|daemon)/[^`]*?)/?`", tree.text("ARCHITECTURE.md"), re.MULTILINE))
    rows = {row.rstrip("/") for row in rows if "." not in row}
    folders = {name.rsplit("/", 1)[0] for name in tree.c_files(*ROOMS)}
    return ([f"ARCHITECTURE.md:1: no row for {folder}/" for folder in sorted(folders - rows)]
            + [f"ARCHITECTURE.md:1: a row for {row}/, which holds nothing" for row in sorted(rows - folders)])


def the_architecture_says_what_may_be_included(tree):
    """Its table of rooms, where a room in the last column stands for what that may include, too, is MAY_INCLUDE."""
    if "ARCHITECTURE.md" not in tree.names:
        return []

    def closed(rooms):
        return {part for room in rooms for part in {room, *MAY_INCLUDE.get(room, ())}}

    findings = []
    for number, line in enumerate(tree.text("ARCHITECTURE.md").splitlines(), 1):
        row = re.match(r"\| `((?:workflow|articles|notify|daemon)/[^`.]*)/?` \| .* \| ([^|]*) \|$", line)
        room = row and row[1].rstrip("/")
        if room not in MAY_INCLUDE or row[2] in ("all", "itself"):
            continue
        said = closed(name.rstrip("/") for name in re.findall(r"`([^`]*)`", row[2].partition("never")[0])) - {room}
        if said != closed(MAY_INCLUDE[room]) - {room}:
            findings.append(f"ARCHITECTURE.md:{number}: {room}/ may include {', '.join(sorted(MAY_INCLUDE[room]))}")
    return findings


def paths_in_the_architecture_are_there(tree):
    """Each path in ARCHITECTURE.md is a file or a folder here; one with NAME in it, a file that is to come, has its folder."""
    if "ARCHITECTURE.md" not in tree.names:
        return []
    folders = {name[:at.start()] for name in tree.names for at in re.finditer("/", name)}
    there = {*tree.names, *folders, *(name.rsplit("/", 1)[-1] for name in {*tree.names, *folders})}
    findings = []
    for number, line in enumerate(tree.text("ARCHITECTURE.md").splitlines(), 1):
        for word in re.findall(r"`(\.?\w[\w./-]*(?:\[ch\]|\*\.\w+)?)`", line):
            path = re.sub(r"/?[^/]*(NAME|\*).*", "", word).rstrip("/")
            if path and ("/" in word or re.search(r"\.(\[ch\]|[cht]|py|md)$", word)) and not all(
                    path.replace("[ch]", end) in there for end in "ch"):
                findings.append(f"ARCHITECTURE.md:{number}: {word} is not here")
    return findings


@dataclass
class Rule:
    check: callable
    bad: tuple  # of (path, text): each alone is a finding
    good: tuple = ()  # and what must not be one


RULES = (
    Rule(rooms_keep_their_direction,
         (("workflow/a.c", '#include "articles/a.h"\n'), ("workflow/a.h", '#include "daemon/a.h"\n'),
          ("articles/a.c", '#include "notify/a.h"\n'), ("notify/a.c", '#  include "articles/a.h"\n'),
          ("daemon/service/a.c", '#include "daemon/verbs/verb.h"\n'),
          ("daemon/door/a.c", '#include "daemon/config/config.h"\n'),
          ("daemon/verbs/a.c", '#include "daemon/service/service.h"\n'),
          ("daemon/verbs/queue/a.c", '#include "notify/dispatcher.h"\n'), ("daemon/verbs/b.c", '#include "notify/sender.h"\n'),
          ("daemon/index/a.c", '#include "daemon/pass/pass.h"\n'),
          ("notify/b.c", "#include <daemon/a.h>\n"), ("articles/b.c", '#include "tests/a.h"\n')),
         (("articles/c.c", '#include "workflow/a.h"\n#include <glib.h>\n'),
          ("daemon/pass/a.c", '#include "daemon/index/index.h"\n'),
          ("daemon/verbs/setup/a.c", '#include "daemon/verbs/view/reader.h"\n'),
          ("daemon/a.c", '#include "notify/a.h"\n'))),
    Rule(includes_stand_in_one_order,
         (("workflow/a.c", '#include "workflow/b.h"\n#include "workflow/a.h"\n'), ("workflow/a.c", '#include <b.h>\n#include <a.h>\n'),
          ("workflow/a.c", '#include <glib.h>\n\n#include "workflow/a.h"\n'), ("tests/a.c", '#include <glib.h>\n#include "tests/b.h"\n'),
          ("daemon/a.c", '#include "daemon/b.h"\n\n#include "daemon/c.h"\n'), ("daemon/a.h", '#include "daemon/c.h"\n#include <glib.h>\n')),
         (("workflow/z.c", '#include "workflow/z.h"\n#include "workflow/a.h"\n\n#include <glib.h>\n#include <time.h>\n'),)),
    Rule(headers_include_in_no_circle,
         ((("workflow/a.h", '#include "workflow/b.h"\n'), ("workflow/b.h", '#include "workflow/a.h"\n')),
          ("daemon/a.h", '#include "daemon/a.h"\n')),
         (("workflow/a.h", '#include "workflow/b.h"\n'), ("workflow/b.h", "#include <glib.h>\n"))),
    Rule(includes_have_their_folder,
         (("workflow/a.c", '#include "a.h"\n'), ("workflow/b.c", '#include "workflow/gone.h"\n'),
          ("daemon/a.c", '#include "daemon/../workflow/a.h"\n')),
         (("workflow/c.h", '#include "workflow/c.h"\n'),)),
    Rule(libraries_stay_where_they_are,
         (("notify/a.c", "#include <git2.h>\n"), ("daemon/a.c", "#include <git2/sys/odb_backend.h>\n"),
          ("daemon/b.c", "#include <curl/curl.h>\n"), ("daemon/b.c", "#include <microhttpd.h>\n"), ("notify/e.c", "#include <openssl/hmac.h>\n"),
          ("daemon/c.c", "#include <yaml.h>\n"), ("daemon/site/a.c", "#include <md4c.h>\n"),
          ("daemon/loop.c", "#include <sqlite3.h>\n"), ("notify/outbox/outbox.h", "#include <sqlite3.h>\n"), ("workflow/policy.c", "#include <jansson.h>\n"),
          ("notify/b.c", "#include <systemd/sd-daemon.h>\n"),
          (("notify/c.c", "#include <curl/curl.h>\n"), ("notify/d.c", "#include <curl/multi.h>\n"))),
         (("workflow/base/database.c", "#include <sqlite3.h>\n"),
          ("notify/sender.c", "#include <curl/curl.h>\n"),
          ("articles/ssh_verify.c", "#include <openssl/evp.h>\n"), ("workflow/base/json.h", "#include <jansson.h>\n"))),
    Rule(sqlite_is_wrapped_once,
         (("daemon/index/index.c", "void f(sqlite3_stmt *row);\n"), ("notify/enqueue.c", "int f(void)\n{\n    return SQLITE_OK;\n}\n"),
          ("workflow/base/database.h", "int f(sqlite3_context *c);\n"), ("daemon/verbs/a.c", "static void f(sqlite3 *database);\n")),
         (("workflow/base/database.c", "static sqlite3_stmt *f(void);\n"), ("daemon/a.c", 'f("sqlite3_exec"); /* sqlite3 */\n'))),
    Rule(banned_functions_are_not_called,
         tuple((f"daemon/{name}.c", f"void f(void)\n{{\n    {name}(a, b);\n}}\n") for name in BANNED),
         (("daemon/a.c", '/* system (x) */ // atoi(1)\nfgets(a); g_strlcpy(b); f("sprintf(", \'"\');\n'),)),
    Rule(only_main_files_end_the_process,
         (("daemon/verb.c", "    exit(1);\n"), ("articles/a.c", "    quick_exit (1);\n"),
          ("daemon/other.c", "int main(void)\n")),
         (("daemon/main.c", "int main(void)\n{\n    exit(1);\n}\n"), ("daemon/a.c", "on_exit_do(); loop_exit(1);\n"))),
    Rule(tests_wait_and_pass_no_time,
         (("tests/a.py", "time.s" "leep(1)\n"), ("tests/system/a.t", "s" "leep 1\n"),
          ("tests/unit/test-a.c", "g_us" "leep(1);\n"), ("tests/unit/test-b.c", "nanos" "leep(&t, NULL);\n")),
         (("tests/corpus.md", "patients with s" "leep apnea\n"), ("tests/a.c", "asleep = 1;\n"))),
    Rule(scripts_leave_nothing_behind,
         (("tests/system/a.t", "#!/usr/bin/env python3\n"), ("tests/bench/a", "#!/usr/bin/python3\nimport re\n")),
         (("tests/system/b.t", "#!/usr/bin/env -S python3 -B\n"), ("tests/a.py", '"""#!/usr/bin/env python3"""\n'),
          ("tests/b.t", "#!/usr/bin/env bash\n"))),
    Rule(nothing_is_left_open,
         (("daemon/a.c", "/* TO" "DO: later */\n"), ("systemd/a", "# FIX" "ME\n"), ("Makefile", "# XX" "X\n"),
          ("tests/a.py", "# HA" "CK\n")),
         (("daemon/b.c", 'mkstemp("/tmp/aXXXXXX");\n'),)),
    Rule(no_file_names_somebodys_machine,
         (("daemon/a.c", '"/ho' 'me/alice/src"\n'), ("README.md", "cd /wo" "rk/imprimatur\n"),
          (".ci/a", "/ro" "ot/bin/tool\n"), ("tests/a.py", "'/Us" "ers/bob'\n")),
         (("systemd/a", "ReadWritePaths=/home/git/a.git $box/work/a root/work/b\n"),)),
    Rule(callers_are_listed,
         (("daemon/pass/a.c", "    gint64 now_us = g_get_real_time();\n"), ("articles/a.c", "    umask(0);\n"),
          ("notify/a.c", "    sqlite3_exec(imp_database_handle(database), sql, NULL, NULL, NULL);\n")),
         (("daemon/service/service.c", "    return g_get_real_time();\n"), ("workflow/a.c", "/* g_get_real_time() */\n"))),
    Rule(lines_fit_the_screen,
         (("workflow/a.c", "x" * (COLUMNS + 1) + "\n"), ("tests/unit/a.h", "x" * (COLUMNS + 1) + "\n")),
         (("workflow/b.c", "x" * COLUMNS + "\n"),)),
    Rule(files_can_be_read_in_one_sitting,
         (("workflow/a.c", "\n" * 551), ("notify/a.h", "\n" * 141)), (("workflow/b.c", "\n" * 550),)),
    Rule(functions_fit_the_screen,
         (("workflow/a.c", "void f(void)\n{\n" + "    g();\n" * 61 + "}\n"),),
         (("workflow/b.c", ("void f(void)\n{\n" + "    g();\n" * 60 + "}\n\n") * 2),)),
    Rule(sentences_are_read_once,
         (("workflow/a.h", "/* NULL if the path is\n * n" "o article's. */\n"), ("README.md", "What is n" "one, is refused.\n"),
          ("daemon/a.c", '"the index is made ane' 'w"\n'), ("tests/a.t", '"it counts n' 'o more"\n'),
          ("daemon/man/a.1", "its format is\nanother n" "ow\n"), ("workflow/a.c", '"%s stands twic' 'e"\n'),
          ("daemon/b.c", '"it is disabled sinc' 'e %s"\n'), ("notify/a.h", "/* whose on" "e is the first */\n"),
          ("daemon/c.c", '"%s is not a network, writ' 'e one as in 10.0.0.0/8"\n')),
         (("workflow/b.h", "/* There is no other; it is no longer, and no more than, that. NULL: there is none. */\n"),
          ("daemon/d.c", '"%s is not a network; write one; if it is one, add it"\n'))),
    Rule(errors_alone_tell_a_fault,
         (("articles/a.h", "/* NULL without an error if there is none. */\n"), ("daemon/a.h", "/* False, without\n * an error: none. */\n")),
         (("articles/b.h", "/* *id is NULL if there is none. An error only for faults. */\n"),)),
    Rule(functions_take_few_parameters,
         (("workflow/a.h", "bool f(int a, int b, int c, int d,\n       int e, int f, int g, int h);\n"),
          ("daemon/a.c", "static void f(int a, int b, int c, int d, int e, int f, int g,\n              int h)\n{\n}\n")),
         (("workflow/b.c", "int f(int a, int b, int c, int d, int e, int f, void (*g)(int h, int i, int j))\n{\n    return 1;\n}\n"),)),
    Rule(faults_are_handed_on,
         (("notify/a.c", "bool f(int a, GError **error)\n{\n    GError *fault = NULL;\n    return g(a, &fault);\n}\n"),
          ("daemon/a.c", "static bool f(GError **error)\n{\n    if (a) {\n        g_autoptr(GError) own = NULL;\n    }\n    return true;\n}\n")),
         (("notify/b.c", "void f(int a)\n{\n    g_autoptr(GError) error = NULL;\n}\n\nbool g(GError **error)\n{\n    return h(error);\n}\n"),)),
    Rule(functions_are_declared_where_they_are,
         (("workflow/a.h", "int imp_a(void);\n"),
          (("workflow/a.h", "int imp_a(\n    int b);\n"), ("workflow/b.c", "int imp_a(int b)\n{\n}\n"))),
         (("workflow/a.h", "int imp_a(int b);\nint imp_b(void);\n"), ("workflow/a.c", "int imp_a(int b)\n{\n}\n"),
          ("workflow/a_b.c", "int imp_b(void)\n{\n}\n"))),
    Rule(folders_stand_in_the_architecture,
         ((("ARCHITECTURE.md", "| `workflow/` | rules |\n"), ("workflow/a.c", ""), ("daemon/index/a.c", "")),
          (("ARCHITECTURE.md", "| `workflow/` | rules |\n| `daemon/gone/` | nothing |\n"), ("workflow/a.c", ""))),
         (("ARCHITECTURE.md", "| `workflow/` | rules |\n"), ("workflow/a.c", ""))),
    Rule(the_architecture_says_what_may_be_included,
         (("ARCHITECTURE.md", "| `daemon/door/` | hooks | `notify/` |\n"),
          ("ARCHITECTURE.md", "| `daemon/site/` | pages | `daemon/control/` |\n"),
          ("ARCHITECTURE.md", "| `daemon/index` | the index | `daemon/pass/` and below |\n")),
         (("ARCHITECTURE.md", "| `daemon/door/` | hooks | `workflow/` alone |\n| `daemon/` | mains | all |\n"
                              "| `daemon/service/` | the loop | `daemon/control/`, never `daemon/verbs/` |\n"),)),
    Rule(paths_in_the_architecture_are_there,
         (("ARCHITECTURE.md", "see `workflow/gone.c`\n"), ("ARCHITECTURE.md", "see `gone.c`\n"),
          ("ARCHITECTURE.md", "see `gone/NAME.c`\n"), ("ARCHITECTURE.md", "see `daemon/gone/`\n"),
          (("ARCHITECTURE.md", "see `workflow/a.[ch]`\n"), ("workflow/a.c", ""))),
         (("ARCHITECTURE.md", "`workflow/b.[ch]`, `b.c`, `workflow/`, `workflow/NAME.c`, `core.fsync`, `test-NAME.c`\n"),
          ("workflow/b.c", ""), ("workflow/b.h", ""))),
)

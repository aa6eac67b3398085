#!/usr/bin/env -S python3 -B
"""The door: hooks of each forge wake the daemon, and nothing else does; questions are handed on."""

import base64
import hashlib
import hmac
import json
import socket
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from door import BUILD, Door  # noqa: E402
from story import PATIENCE_S, Story, World  # noqa: E402

# GitHub's documentation, "Validating webhook deliveries", and Bitbucket's, "Manage webhooks": secret, body, digest.
PUBLISHED_SECRET = "It's a Secret to Everybody"
GITHUBS = (b"Hello, World!", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
BITBUCKETS = (b"Hello World!", "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9")
# Standard Webhooks' own vector has a moment of 2021; its key signs what the test sends now.
STANDARDS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET = "0123456789abcdef0123456789abcdef"
TIP = "3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a"
PUSH = json.dumps({"ref": "refs/heads/main", "before": "0" * 40, "after": TIP}).encode()


def digest(body, secret=SECRET, algorithm=hashlib.sha256):
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def standard(body, secret=STANDARDS, at=None, identity="msg_1"):
    at = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{identity}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": identity, "webhook-timestamp": at,
            "webhook-signature": "v1,AAAA v1," + base64.b64encode(signature).decode()}


def repository(name, format=None, secret=SECRET, **more):
    return {"name": name, **({"hook": {"format": format, "secret": secret}} if format else {}), **more}


def vectors(story, door):
    right = {
        "github": (GITHUBS[0], {"X-Hub-Signature-256": "sha256=" + GITHUBS[1]}),
        "bitbucket": (BITBUCKETS[0], {"X-Hub-Signature": "sha256=" + BITBUCKETS[1]}),
        "gitlab": (PUSH, {"X-Gitlab-Token": SECRET}),
        "gitlab-signed": (PUSH, standard(PUSH)),
        "gitea": (PUSH, {"X-Gitea-Signature": digest(PUSH)}),
        "forgejo": (PUSH, {"X-Forgejo-Signature": digest(PUSH), "X-Gitea-Signature": "0" * 64}),
        "standard": (PUSH, standard(PUSH)),
    }
    for name, (body, headers) in right.items():
        story.equal(door.post(f"/hooks/{name}", body, headers), (202, "Taken.\n"), f"{name}: the right signature is taken")
        line = door.woken(name)
        story.equal((line["wake"], line["commit"]), ("hook", TIP if body == PUSH else None),
                    "  and wakes the daemon, with the commit that it names")
    wrong = {
        "github": ({"X-Hub-Signature-256": "sha256=" + digest(PUSH)}, {"X-Hub-Signature-256": digest(PUSH, PUBLISHED_SECRET)},
                   {"X-Hub-Signature": "sha1=" + digest(PUSH, PUBLISHED_SECRET, hashlib.sha1)},
                   {"X-Hub-Signature-256": "sha1=" + digest(PUSH, PUBLISHED_SECRET, hashlib.sha1)}, {}),
        "bitbucket": ({"X-Hub-Signature": "sha256="}, {"X-Hub-Signature-256": "sha256=" + digest(PUSH, PUBLISHED_SECRET)}),
        "gitlab": ({"X-Gitlab-Token": SECRET + "0"}, {"X-Gitlab-Token": SECRET[:-1]}, {"X-Gitlab-Token": ""}),
        "gitlab-signed": ({"X-Gitlab-Token": STANDARDS}, standard(PUSH + b" ")),
        "gitea": ({"X-Gitea-Signature": "sha256=" + digest(PUSH)}, {"X-Gitea-Signature": digest(PUSH)[:-1]},
                  {"X-Gitea-Signature": digest(PUSH).upper()}),
        "forgejo": ({"X-Gitea-Signature": digest(PUSH)},),
        "standard": (standard(PUSH, at=time.time() // 1 - 400), standard(PUSH, at=time.time() // 1 + 400),
                     {**standard(PUSH), "webhook-id": "msg_2"}, {"webhook-signature": standard(PUSH)["webhook-signature"]}),
    }
    for name, tries in wrong.items():
        answers = [door.post(f"/hooks/{name}", PUSH, headers)[0] for headers in tries]
        story.equal(answers, [401] * len(tries), f"row 37: {name}: wrong, cut, weaker or missing signatures are not")
        story.ok(door.is_quiet(name), "  and wake nobody")


def bounds(story, door):
    story.equal(door.request("GET", "/healthz"), (200, "ok\n"), "it says that it is well")
    story.equal([door.request("GET", "/hooks/gitea")[0], door.request("POST", "/healthz")[0], door.post("/hooks/nobody", PUSH)[0], door.post("/", PUSH)[0],
                 door.post("/hooks/quiet", PUSH)[0], door.post("/questions/gitea", b"{}")[0],
                 door.post("/hooks/gitea", PUSH, content_type="text/plain")[0]], [405, 404, 404, 404, 404, 404, 415],
                "other methods, places and types are refused")
    large = b" " * (25 * 1024 * 1024 - len(PUSH)) + PUSH
    story.equal(door.post("/hooks/gitea", large, {"X-Gitea-Signature": digest(large)})[0], 202, "25 MiB are taken")
    story.equal(door.woken("gitea")["commit"], None, "  of which the first 64 KiB may name a commit")
    connection = door.connect()
    connection.putrequest("POST", "/hooks/gitea")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(25 * 1024 * 1024 + 1))
    connection.endheaders()
    story.equal(connection.getresponse().status, 413, "more are refused before they come")
    connection.close()

    def pieces():
        yield from (PUSH[at:at + 1] for at in range(len(PUSH)))
    story.equal(door.request("POST", "/hooks/gitea", pieces(),
                             {"Content-Type": "application/json; charset=utf-8", "X-Gitea-Signature": digest(PUSH)})[0], 202,
                "chunks of a byte are a body")
    story.equal(door.woken("gitea")["commit"], TIP, "  like any other")
    endless = door.connect()
    endless.putrequest("POST", "/hooks/gitea")
    endless.putheader("Content-Type", "application/json")
    endless.putheader("Transfer-Encoding", "chunked")
    endless.endheaders()
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    try:
        for _ in range(40):
            endless.sock.sendall(chunk)
        ended = False
    except OSError:
        ended = True
    story.ok(ended, "row 37: a body without end is cut off")


def flood(story, door):
    def memory():
        status = Path(f"/proc/{door.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    headers = {"Content-Type": "application/json", "X-Forgejo-Signature": digest(PUSH)}
    began, before, answers, woken = time.monotonic(), memory(), [], 0
    connection = door.connect()
    for _ in range(3000):
        connection.request("POST", "/hooks/forgejo", PUSH, headers)
        response = connection.getresponse()
        response.read()
        answers.append(response.status)
        woken += 0 if door.is_quiet("forgejo") else door.woken("forgejo")["commit"] == TIP
    seconds = time.monotonic() - began
    story.ok(answers.count(202) >= 60 and answers.count(429) > 2000 and set(answers) == {202, 429},
             "row 37: of 3,000 hooks some are taken and the rest is told to wait", {a: answers.count(a) for a in set(answers)})
    story.ok(woken <= 2 + seconds, "  the daemon is woken at most once a second", (woken, seconds))
    story.ok(memory() - before < 4096, "  and memory does not grow", (before, memory()))
    story.equal(door.post("/hooks/forgejo", PUSH, {"X-Forgejo-Signature": "no"})[0], 401,
                "  a wrong one is still told that it is wrong")


def questions(story, door):
    def ask(question, article="content/a.md", as_form=False):
        fields = {"article": article, "question": question}
        if as_form:
            return door.post("/questions/quiet", urllib.parse.urlencode(fields), content_type="application/x-www-form-urlencoded")
        return door.post("/questions/quiet", json.dumps(fields))
    story.equal(ask("May I take it\x1b[31m with \u202emilk?\r\n")[0], 202, "a question is taken")
    story.equal(door.woken("quiet"), {"schema": 1, "question": "May I take it[31m with milk?", "article": "content/a.md"},
                "  and handed on as clean text")
    story.equal(ask("Äpfel & Birnen?\r\n\r\nDanke", as_form=True)[0], 202, "a plain form does as well")
    story.equal(door.woken("quiet")["question"], "Äpfel & Birnen?\n\nDanke", "  in any language")
    story.equal(ask("x" * 2000)[0], 202, "2,000 characters are taken")
    door.woken("quiet")
    refused = [ask("x" * 2001), ask(" \n "), ask("why?", article="a\nb"), ask("why?", article=""),
               door.post("/questions/quiet", b"{"), door.post("/questions/quiet", b"[1]"),
               door.post("/questions/quiet", b"question=\xff\xfe&article=a", content_type="application/x-www-form-urlencoded")]
    story.ok({status for status, _ in refused} == {400}, "what is not a question is refused", refused)
    story.equal(door.post("/questions/quiet", b" " * 40000)[0], 413, "row 46: what is too large, too")
    story.ok(door.is_quiet("quiet"), "  and goes nowhere")
    answers = [ask(f"again {number}?")[0] for number in range(30)]
    story.ok(202 in answers and answers[-1] == 429, "row 46: a flood of questions is told to wait", answers)
    story.ok("again" not in door.said() and "milk" not in door.said(), "row 46: what was asked is in no log", door.said())


with Story("The door: hooks and questions") as story, World() as world:
    door = Door(world, [
        repository("github", "github", "file:github-secret"),
        repository("bitbucket", "bitbucket", "file:github-secret"),
        repository("gitlab", "gitlab"), repository("gitlab-signed", "gitlab", STANDARDS),
        repository("gitea", "gitea", f"an older secret of it\n{SECRET}"), repository("forgejo", "forgejo"),
        repository("standard", "standard", STANDARDS), repository("quiet", questions=True),
        repository("gone", "gitea", wake=str(world.root / "gone")),
    ])
    (door.folder / "github-secret").write_text(PUBLISHED_SECRET + "\n")
    with door:
        slow = door.connect()
        slow.connect()
        slow.sock.sendall(b"POST /hooks/gitea HTTP/1.1\r\nContent-Len")
        story.equal(door.request("GET", "/healthz")[0], 200, "one that does not finish its headers keeps nobody waiting")
        vectors(story, door)
        bounds(story, door)
        questions(story, door)
        flood(story, door)
        slow.sock.settimeout(PATIENCE_S)
        story.ok(slow.sock.recv(100)[:12] in (b"", b"HTTP/1.1 408"), "row 37: who does not finish is shown out")
        story.equal(door.post("/hooks/gone", PUSH, {"X-Gitea-Signature": digest(PUSH)})[0], 202,
                    "where no daemon runs a hook is taken, since a daemon looks when it starts")
        door.await_said("gone: no daemon takes the wake-up")
        story.ok(True, "  and the log says so")
        with socket.socket(socket.AF_UNIX) as waiting:
            door.stop()
            waiting.connect(door.path)
            waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            door.start()
            waiting.settimeout(PATIENCE_S)
            story.ok(waiting.recv(200).startswith(b"HTTP/1.1 200"), "who comes while it is restarted is served by the next one")
        story.ok(SECRET not in door.said() and "whsec_" not in door.said(), "no secret is in its log", door.said())

    def refused(text, name="wrong.json"):
        (world.root / name).write_text(text)
        done = world.run(BUILD / "imprimatur-door", "--check", "-c", world.root / name, check=False)
        return done.status, done.err.strip().removeprefix("imprimatur-door: ").replace(str(world.root), "")
    story.equal([refused('{"repositories": [{"name": "a", "hook": {"format": "git", "secret": "0123456789abcdef"}}]}'),
                 refused('{"repositories": [{"name": "a", "hook": {"format": "gitea", "secret": "short"}}]}'),
                 refused('{"repositories": [{"name": "a"}, \n{"name": "a"}]}'),
                 refused('{"repositories": ["a"]}'), refused('{}')],
                [(3, '/wrong.json:1: format: "git" is not a format of hooks; write github, gitlab, gitea, forgejo, '
                     'bitbucket or standard'),
                 (3, "/wrong.json:1: secret: is shorter than 16 bytes and could be guessed; make a longer one"),
                 (3, "/wrong.json:2: name: this name appears twice; keep one of them"),
                 (3, '/wrong.json:1: repositories: write an object as in {"name": "handbook"}'),
                 (3, "/wrong.json:1: repositories: is missing; add it: a list")], "a wrong configuration is told, with its line")
    told = refused('{"a\\nWATCHDOG=trigger\\u001b[2J": 1}')[1]
    story.ok("WATCHDOG" in told and "\n" not in told and "\x1b" not in told, "row 79: whose words come in one clean line", told)
    done = world.run(BUILD / "imprimatur-door", "--listen", "0.0.0.0:0", "-c", door.config, check=False)
    story.equal(done.status, 2, "it listens to nobody outside the host")

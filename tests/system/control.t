#!/usr/bin/env -S python3 -B
"""The control socket: who may write to it, what it takes, and that nobody can disturb the daemon through it."""

import json
import os
import select
import socket
import stat
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from counter import Counter, endpoint  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import Story, World  # noqa: E402


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(str(path))
    return client


def ask(path, line):
    """What is answered to one line; None: nothing."""
    with connect(path) as client:
        client.sendall(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            try:
                more = client.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            answer += more
        return json.loads(answer)


def speaks(story, counter, path):
    for line, part in ((b"\n", "request:"), (b"{}\n", "verb"), (b"[]\n", "request:"), (b'{"verb": "stop"}\n', "no such verb"),
                       (b'{"verb": "replay", "verb": "drop"}\n', "verb"), (b'{"verb": "replay"}\n', "what for"),
                       (b'{"verb": "replay", "deliveries": ["1"], "state": "dead"}\n', "what for"),
                       (b'{"verb": "replay", "state": "delivered"}\n', '"waiting" only'),
                       (b'{"verb": "replay", "state": "waiting", "endpoint": "well"}\n', "what for"),
                       (b'{"verb": "drop", "state": "waiting"}\n', "what for"),
                       (b'{"verb": "ping", "endpoint": "well", "deliveries": ["1"]}\n', "what for"),
                       (b'{"verb": "ping", "endpoint": "../well"}\n', "endpoint"),
                       (b'{"verb": "enable", "endpoint": "well", "more": 1}\n', "more"),
                       (b"\xff\xfe\x00\n", "request:"), (b"[" * 10000 + b"\n", "request:")):
        answer = ask(path, line)
        story.ok(answer and answer["exit"] == 2 and part in answer["error"] and answer["lines"] == [],
                 f"refused: {line[:60]!r}", answer)
    answer = ask(path, b"x" * 40000)
    story.ok(answer and answer["error"] == "request: is too long", "a line without end is cut off", answer)
    answer = ask(path, {"verb": "enable", "endpoint": "well"})
    story.equal({key: answer[key] for key in ("schema", "exit", "error", "more")},
                {"schema": 1, "exit": 0, "error": None, "more": False}, "a request is answered")
    answer = ask(path, {"verb": "ping", "endpoint": "wel"})
    story.equal((answer["exit"], answer["error"]), (1, 'there is no endpoint "wel"; did you mean "well"?'), "a wrong name")


def while_full(path, look):
    """What look() returns while 16 silent clients are connected, and these; on a slow machine their time may be over
    meanwhile, and then it is looked again."""
    while True:
        silent = [connect(path) for _ in range(16)]
        seen = look()
        if not select.select(silent, [], [], 0)[0]:
            return silent, seen
        for client in silent:
            client.close()


def disturbs_nobody(story, counter, receiver, path):
    silent, (extra, result) = while_full(path, lambda: (connect(path).recv(65536), counter.run("endpoint", "enable", "well")))
    story.equal(json.loads(extra)["exit"], 75, "more than 16 clients are sent away")
    story.ok(result.status == 75 and "too many clients" in result.err, "the command is told so", result)
    counter.submit("content/while.md")
    receiver.wait_for(lambda m: m["body"]["type"] == "article.submitted" and "while" in m["raw"])
    story.ok(True, "silent clients delay nothing")
    story.ok(all(select.select([client], [], [], 20)[0] and client.recv(1) == b"" for client in silent),
             "who says nothing for some seconds has to go")
    story.equal(counter.run("endpoint", "enable", "well").status, 0, "and there is room again")
    slow = connect(path)
    slow.sendall(b'{"verb": "enable", ')
    story.equal(counter.run("endpoint", "enable", "well").status, 0, "half a request keeps nobody")
    slow.sendall(b'"endpoint": "well"}\n')
    story.equal(json.loads(slow.recv(65536))["exit"], 0, "and may be finished")
    slow.sendall(b'{"verb": "enable", "endpoint": "well"}\n')
    story.equal(json.loads(slow.recv(65536))["exit"], 0, "one connection may ask again")
    slow.sendall(b'{"verb": "enable", "endpoint": "well"}\n' * 50)
    answers = b""
    while (more := slow.recv(65536)):
        answers += more
    story.ok(answers.count(b"\n") <= 1, "but not before it was answered", answers)


def two_pings(story, world, counter, receiver):
    command = [world.program, "-c", str(counter.config), "endpoint", "ping", "slow"]
    running = [subprocess.Popen(command, env=world.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for _ in range(2)]
    receiver.wait_until(lambda all: len([m for m in all if m["path"] == "/slow"]) >= 2)
    story.equal(counter.run("endpoint", "ping", "well").status, 0, "while two pings wait, another is answered")
    told = [process.communicate(timeout=20) for process in running]
    story.ok(all("failed (timeout)" in out and not err for out, err in told), "two pings at once end both, within the timeouts",
             told)
    leaver = connect(counter.state / "control")
    leaver.sendall(b'{"verb": "ping", "endpoint": "slow"}\n')
    receiver.wait_until(lambda all: len([m for m in all if m["path"] == "/slow"]) >= 3)
    leaver.close()
    story.equal(counter.run("endpoint", "ping", "slow").status, 1, "a client that leaves is missed by nobody")


def places(story, world, counter):
    """In the runtime directory, with a link to it in the state directory."""
    runtime = world.root / "run" / "imprimatur" / "handbook"
    runtime.mkdir(parents=True)
    daemon = world.daemon(counter.config, env={"RUNTIME_DIRECTORY": str(runtime)}).await_ready()
    story.equal(os.readlink(counter.state / "control"), str(runtime / "control"),
                "with a runtime directory the socket is there, and the state directory says so")
    story.ok(stat.S_ISSOCK((runtime / "control").stat().st_mode), "it is a socket")
    story.equal(counter.run("endpoint", "enable", "well").status, 0, "a command in any shell finds it")
    story.equal(counter.run("endpoint", "enable", "well", env={"RUNTIME_DIRECTORY": str(runtime)}).status, 0,
                "as does one that is told of the directory")
    story.equal(counter.run("endpoint", "enable", "well", env={"RUNTIME_DIRECTORY": str(world.root)}).status, 0,
                "or of another's")
    daemon.kill()
    story.equal(counter.run("endpoint", "enable", "well").status, 0, "after kill -9 the command acts by itself")
    daemon = world.daemon(counter.config, env={"RUNTIME_DIRECTORY": str(runtime)}).await_ready()
    story.ok(ask(runtime / "control", {"verb": "enable", "endpoint": "well"}), "and the next daemon takes the place over")
    story.equal(daemon.stop(), 0, "it ends")
    story.ok(not (runtime / "control").exists() and not os.path.lexists(counter.state / "control"), "and leaves nothing")
    deep = world.root / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    config = world.configure(counter.repository, file="deep.json", state_directory=str(deep),
                             endpoints=json.loads(counter.config.read_text())["endpoints"])
    daemon = world.daemon(config).await_ready()
    story.ok(stat.S_ISSOCK((deep / "control").stat().st_mode), "a path may be longer than a socket's address can be")
    story.equal(world.imprimatur("endpoint", "enable", "well", config=config).status, 0, "for the command neither")
    daemon.kill()
    (deep / "control").unlink()
    (deep / "control").mkdir()
    daemon = world.daemon(config).await_ready()
    story.ok("control socket cannot be made" in daemon.log, "without a socket the job goes on", daemon.log)
    result = world.imprimatur("endpoint", "enable", "well", config=config)
    story.ok(result.status == 75 and "another imprimatur is working" in result.err, "and the command says who has the lock",
             result)
    daemon.kill()


def who_may(story, counter, path):
    mode = path.stat().st_mode
    story.equal(stat.S_IMODE(mode), 0o660, "user and group may write to the socket, and nobody else")
    if os.geteuid() == 0:
        story.skip("others are refused by the system", "root may everything")
    else:
        path.chmod(0)
        result = counter.run("endpoint", "enable", "well")
        story.ok(result.status == 1 and "the queue is for root" in result.err, "others are refused by the system", result)
        path.chmod(0o660)


def a_daemon_that_stops(story, world, counter, receiver, daemon):
    before = len([m for m in receiver.messages if m["path"] == "/slow"])
    waiting = subprocess.Popen([world.program, "-c", str(counter.config), "endpoint", "ping", "slow"], env=world.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    receiver.wait_until(lambda all: len([m for m in all if m["path"] == "/slow"]) > before)
    story.equal(daemon.stop(), 0, "a daemon stops while a client waits")
    out, err = waiting.communicate(timeout=20)
    story.ok(waiting.returncode == 75 and not out and "went away before it answered" in err, "who is told to try again",
             (waiting.returncode, out, err))
    story.ok(not (counter.state / "control").exists(), "the socket is gone")


def stale(story, world, counter):
    daemon = world.daemon(counter.config).await_ready()
    daemon.kill()
    story.ok(stat.S_ISSOCK((counter.state / "control").stat().st_mode), "kill -9 leaves a socket behind")
    story.equal(counter.run("endpoint", "enable", "well").status, 0, "which keeps no command from acting by itself")
    daemon = world.daemon(counter.config).await_ready()
    story.ok(ask(counter.state / "control", {"verb": "enable", "endpoint": "well"}), "nor the next daemon from its own")
    daemon.kill()


def reads_only(story, world, counter):
    """A state directory that can only be read: lists work, changes say why not."""
    view = world.root / "view"
    view.mkdir()
    inside = f"mount --bind {counter.state} {view} && mount -o remount,bind,ro {view} && exec \"$@\""
    config = world.root / "view.json"
    config.write_text(json.dumps(json.loads(counter.config.read_text()) | {"state_directory": str(view)}))
    if world.run("unshare", "-rm", "sh", "-c", inside, "sh", "true", check=False).status != 0:
        story.skip("a read-only view of the state directory", "no mount namespaces here")
        return
    def there(*arguments):
        return world.run("unshare", "-rm", "sh", "-c", inside, "sh", world.program, "-c", config, *arguments, check=False)
    result = there("deliveries", "list", "--all", "--json")
    story.ok(result.status == 0 and result.json == counter.listed("--all"), "what waits is read from a read-only view", result)
    result = there("endpoint", "list")
    story.ok(result.status == 0 and "well" in result.out, "and the endpoints", result)
    result = there("endpoint", "enable", "well")
    story.ok(result.status in (1, 3, 75) and "Read-only" in result.err, "without a daemon nothing can be changed there", result)


with Story("The control socket") as the_story:
    with World() as the_world, Receiver() as the_receiver:
        the_counter = Counter(the_world)
        the_config = the_counter.configure(
            [endpoint(the_receiver, "well", events=["article.*"]), endpoint(the_receiver, "slow", "/slow", events=["reader.question"])])
        the_daemon = the_world.daemon(the_config).await_ready()
        the_path = the_counter.state / "control"
        speaks(the_story, the_counter, the_path)
        who_may(the_story, the_counter, the_path)
        disturbs_nobody(the_story, the_counter, the_receiver, the_path)
        two_pings(the_story, the_world, the_counter, the_receiver)
        a_daemon_that_stops(the_story, the_world, the_counter, the_receiver, the_daemon)
        stale(the_story, the_world, the_counter)
        reads_only(the_story, the_world, the_counter)
        places(the_story, the_world, the_counter)

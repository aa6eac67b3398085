"""A repository that lives elsewhere (a forge's, by file:// unless another URL is given), and the daemon's machine with
its mirror of it."""

import contextlib
import json
import socket
import sqlite3


class Elsewhere:
    def __init__(self, world, forge, name="elsewhere", remote=None, **keys):
        self.world, self.forge = world, forge
        self.state = world.root / f"{name}-state"
        self.mirror = self.state / "repository.git"
        self.config = world.root / f"{name}.json"
        signing = world.root / "keys" / "ledger"
        if not signing.exists():
            world.new_key("ledger")
        self.keys = {"name": "handbook", "authority": str(world.authority_file), "signing_key": f"file:{signing}",
                     "state_directory": str(self.state), "poll_seconds": 3600,
                     "remote": {"url": f"file://{forge}", "settle_s": 0} | (remote or {})} | keys
        self.write()

    def write(self, **keys):
        self.keys |= keys
        self.config.write_text(json.dumps({key: value for key, value in self.keys.items() if value is not None}))

    def remote(self, **keys):
        self.write(remote=self.keys["remote"] | keys)

    def once(self, now=None, env=None, *options):
        return self.world.imprimatur("--json", "once", *options, config=self.config, now=now, env=env)

    def daemon(self, env=None):
        return self.world.daemon(self.config, env={"RUNTIME_DIRECTORY": str(self.state)} | (env or {})).await_ready()

    def wake(self, commit=None):
        """As the door does when a hook has come."""
        text = json.dumps({"schema": 1, "wake": "hook"} | ({"commit": commit} if commit else {}))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.sendto(text.encode(), str(self.state / "wake"))

    def ledger(self):
        return self.world.ledger(self.forge, self.keys["remote"].get("ledger_ref", "refs/imprimatur/ledger"))

    def tip(self, ref, where=None):
        return self.world.tip(where or self.forge, ref)

    def sql(self, *statements):
        """Runs statements on the daemon's database; returns the rows of the last."""
        with contextlib.closing(sqlite3.connect(self.state / "index.db", timeout=30)) as database:
            rows = [database.execute(statement).fetchall() for statement in statements]
            database.commit()
            return rows[-1]

    def statuses(self):
        """Rows of the queue that are statuses of commits, whatever became of them, the first one first."""
        rows = self.world.imprimatur("--json", "deliveries", "list", "--all", config=self.config).json
        return sorted((row for row in rows if row["type"] == "commit.status"), key=lambda row: row["delivery"])

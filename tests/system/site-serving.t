#!/usr/bin/env -S python3 -B
"""The folder behind the sample configurations of nginx and Caddy, and while the exporter follows the ledger."""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from shop import Shop  # noqa: E402
from story import ROOT, Story, World, wait_until  # noqa: E402


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Nginx:
    """The real one, with the sample as it is but for folders, ports and the file of passwords."""

    def __init__(self, world, readers, editors):
        self.home = world.root / "nginx"
        self.home.mkdir()
        self.port, self.editors_port = free_port(), free_port()
        sample = (ROOT / "systemd/nginx-site.conf").read_text()
        for old, new in (("/var/www/handbook-review", readers), ("/var/www/handbook-editors", editors),
                         ("127.0.0.1:8080", f"127.0.0.1:{self.port}"), ("127.0.0.1:8081", f"127.0.0.1:{self.editors_port}"),
                         ("/etc/nginx/editors.htpasswd", self.home / "passwords")):
            sample = sample.replace(old, str(new))
        # The publisher's own pages, which include a fragment.
        sample = sample.replace(f"    root {readers};\n", f"    root {readers};\n    location /own/ {{ ssi on; root {self.home}; }}\n")
        (self.home / "own").mkdir()
        for name in ("good", "none"):
            (self.home / f"own/{name}.html").write_text(
                f'<article><!--# include virtual="/s/content/{name}.md.html" --></article>')
        (self.home / "passwords").write_text("editor:{PLAIN}letmein\n")
        (self.home / "site.conf").write_text(sample)
        (self.home / "nginx.conf").write_text(
            f"daemon off;\npid {self.home}/pid;\nerror_log {self.home}/error.log;\nevents {{}}\nhttp {{\n"
            "include /etc/nginx/mime.types;\naccess_log off;\n"
            + "".join(f"{name}_temp_path {self.home}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            + f"include {self.home}/site.conf;\n}}\n")
        os.chmod(world.root, 0o755)
        command = [shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-e", str(self.home / "error.log"),
                   "-p", str(self.home), "-c", str(self.home / "nginx.conf")]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until(lambda: (self.home / "pid").exists(), self.home, what="nginx")

    def get(self, path, port=None, login=None):
        return get(path, port or self.port, login)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def get(path, port, login=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}")
    if login:
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, b""


class Caddy:
    """The real one, with the sample as it is but for folders, names, and the password's hash."""

    def __init__(self, world, readers, editors):
        self.home = world.root / "caddy"
        self.home.mkdir()
        self.port, self.editors_port = free_port(), free_port()
        env = world.env | {"HOME": str(self.home), "XDG_DATA_HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home)}
        hashed = subprocess.run(["caddy", "hash-password", "--plaintext", "letmein"], env=env, capture_output=True, text=True,
                                check=True).stdout.strip()
        sample = (ROOT / "systemd/Caddyfile").read_text()
        for old, new in (("/var/www/handbook-review", readers), ("/var/www/handbook-editors", editors),
                         ("review.example.org {", f"http://127.0.0.1:{self.port} {{"),
                         ("editors.example.org {", f"http://127.0.0.1:{self.editors_port} {{"),
                         ("$2a$14$replace.this.by.the.output.of.caddy.hash-password", hashed)):
            assert old in sample, old
            sample = sample.replace(old, str(new))
        (self.home / "Caddyfile").write_text("{\n\tadmin off\n}\n" + sample)
        self.log = open(self.home / "log", "w", encoding="utf-8")
        self.process = subprocess.Popen(["caddy", "run", "--config", str(self.home / "Caddyfile")], env=env, stdout=self.log,
                                        stderr=self.log)
        wait_until(lambda: "serving initial configuration" in (self.home / "log").read_text(), self.home, what="caddy")

    def get(self, path, port=None, login=None):
        return get(path, port or self.port, login)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def behind_caddy(story, world, shop):
    caddy = Caddy(world, shop.folder, world.root / "editors")
    try:
        status, headers, body = caddy.get("a/good/")
        story.ok(status == 200 and b"Reviewed for accuracy" in body and "script-src 'self'" in headers["Content-Security-Policy"]
                 and headers["Access-Control-Allow-Origin"] is None and headers["Cache-Control"] == "max-age=300",
                 "Caddy serves pages, with the policy for their content", headers.items())
        status, headers, body = caddy.get("s/content/good.md.json")
        story.ok(status == 200 and headers["Access-Control-Allow-Origin"] == "*" and headers["Cache-Control"] == "max-age=60"
                 and json.loads(body)["approved"], "other sites may read its status, which is kept for a minute", headers.items())
        story.equal([caddy.get(name)[1]["Access-Control-Allow-Origin"] for name in ("alive.json", "imprimatur.js")], ["*", "*"],
                    "and that the site is alive, and the script")
        story.equal(caddy.get(".imprimatur-site")[0], 404, "the mark is nobody's business")
        story.equal([caddy.get("", caddy.editors_port)[0], caddy.get("", caddy.editors_port, "editor:wrong")[0]], [401, 401],
                    "editors have to log in")
        status, headers, body = caddy.get("", caddy.editors_port, "editor:letmein")
        story.ok(status == 200 and b"Needs attention first" in body and headers["Cache-Control"] == "no-store",
                 "and see their board, which nobody keeps", headers.items())
        links(story, caddy)
    finally:
        caddy.stop()


def behind_nginx(story, world, shop):
    editors = world.root / "editors"
    shop.export("--view", "editors", folder=editors)
    nginx = Nginx(world, shop.folder, editors)
    try:
        status, headers, body = nginx.get("a/good/")
        story.ok(status == 200 and b"Reviewed for accuracy" in body, "nginx serves the page of an article", status)
        story.ok("default-src 'none'" in headers["Content-Security-Policy"]
                 and "script-src 'self'" in headers["Content-Security-Policy"], "with the policy for its content")
        status, headers, body = nginx.get("s/content/good.md.json")
        story.ok(status == 200 and headers["Access-Control-Allow-Origin"] == "*" and json.loads(body)["approved"]
                 and headers["Content-Type"] == "application/json", "other sites may read its status", headers.items())
        story.equal(nginx.get("alive.json")[1]["Access-Control-Allow-Origin"], "*", "and that the site is alive")
        story.equal(nginx.get("s/content/good.md.svg")[1]["Content-Type"], "image/svg+xml", "a badge is a picture")
        story.equal(nginx.get("a/good/")[1]["Access-Control-Allow-Origin"], None, "and pages they may not")
        sizes = {name: len(nginx.get(name)[2]) for name in ("imprimatur.css", "imprimatur.js")}
        story.ok(0 < sizes["imprimatur.css"] <= 12288 and 0 < sizes["imprimatur.js"] <= 8192,
                 "its style has at most 12 KB, its script 8", sizes)
        story.equal(nginx.get(".imprimatur-site")[0], 404, "the mark is nobody's business")
        story.equal(nginx.get("", nginx.editors_port)[0], 401, "editors have to log in")
        status, headers, body = nginx.get("", nginx.editors_port, "editor:letmein")
        story.ok(status == 200 and b"Needs attention first" in body and headers["Cache-Control"] == "no-store",
                 "and see their board, which nobody keeps", status)
        story.ok(b"Reviewed for accuracy" in nginx.get("own/good.html")[2], "a page elsewhere includes the fragment")
        body = nginx.get("own/none.html")[2]
        story.ok(b"Pending human review" in body and b"404" not in body, "and reads pending where that is missing", body)
        links(story, nginx)
    finally:
        nginx.stop()


def links(story, nginx):
    """Every address on every page that lies in the site leads somewhere."""
    seen, todo, broken = set(), ["index.html"], []
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        status, headers, body = nginx.get(page)
        if status != 200:
            broken.append(page)
        elif headers["Content-Type"].startswith("text/html"):
            for address in re.findall(rb'(?:href|src)="([^"#]*)', body):
                target = urllib.parse.urljoin(f"http://site/{page}", address.decode().replace("&amp;", "&"))
                if target.startswith("http://site/"):
                    todo.append(target.removeprefix("http://site/"))
    story.ok(not broken and len(seen) > 8, f"all links lead somewhere ({len(seen)} pages)", broken)


def follows(story, world, shop):
    folder = world.root / "watched"
    command = [world.program, "-c", str(shop.config), "site", str(folder), "--watch"]
    child = subprocess.Popen(command, env=world.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = folder / "a/late/index.html"
        wait_until(lambda: page.exists() and (folder / "alive.json").exists(), world.root, what="the folder")
        story.ok("Pending human review" in page.read_text(), "--watch writes the folder")
        shop.approve("late")
        wait_until(lambda: "Reviewed for accuracy" in page.read_text(), folder, what="the approval")
        story.ok(True, "and again when the ledger has moved")
    finally:
        child.send_signal(signal.SIGTERM)
        story.equal(child.wait(), 0, "and ends when it is told to")


def configured(story, world, shop):
    keys = json.loads(shop.config.read_text())
    keys["site"] = [{"directory": "pages", "url": "https://a.example"}, {"directory": "desk", "view": "editors"}]
    shop.config.write_text(json.dumps(keys))
    done = world.imprimatur("site", config=shop.config, now=shop.moment())
    story.ok(done.status == 0 and (world.root / "pages/index.html").exists()
             and "Needs attention first" in (world.root / "desk/index.html").read_text(),
             "without a folder those of the configuration are written", done)
    story.ok("https://a.example/a/good/" in (world.root / "pages/sitemap.xml").read_text(), "with what it says of them")
    for site, word in (({"directory": "x", "view": "all"}, "view"), ({"directory": "x", "url": "ftp://x"}, "url"),
                       ({}, "directory"), ([1], "site"), ("x", "site")):
        keys["site"] = site
        shop.config.write_text(json.dumps(keys))
        done = world.imprimatur("status", config=shop.config)
        story.ok(done.status == 3 and word in done.err, f"a mistake in it is named: {site}", done)


def main():
    if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        raise SystemExit("nginx is missing: make setup")
    have_caddy = shutil.which("caddy") is not None
    if not have_caddy and os.geteuid() == 0:
        raise SystemExit("caddy is missing: make setup")
    with Story("A site that is served") as story, World() as world:
        shop = Shop(world)
        shop.write(good="# Good\n\nSee [other](other.md).\n", other="# Other\n", late="# Late\n")
        shop.approve("good")
        shop.export()
        behind_nginx(story, world, shop)
        if have_caddy:
            behind_caddy(story, world, shop)
        else:
            story.skip("Caddy serves pages", "Caddy cannot be installed here: not root")
        follows(story, world, shop)
        configured(story, world, shop)


main()

#!/usr/bin/env -S python3 -B
"""Metrics for Prometheus: the file, its grammar, what it counts, and that a daemon at rest leaves it alone."""

import json
import os
import re
import stat
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from counter import Counter, endpoint  # noqa: E402
from receiver import Receiver  # noqa: E402
from story import ROOT, Story, World, wait_until  # noqa: E402

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-][0-9]+)?|\+Inf|NaN)")
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


class Wrong(Exception):
    """The text is not in the exposition format 0.0.4, as strictly as a collector of files wants it."""


def parse(text):
    """{(name, ((label, value), ...)): number}; every family once, its HELP and TYPE first, its samples together."""
    samples, family, kind, seen = {}, None, None, set()
    if not text.endswith("\n") or "\r" in text:
        raise Wrong("the last line has no end, or one has another")
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if found := re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line):
            family, kind = found[1], None
            if family in seen:
                raise Wrong(f"{number}: {family} appears twice")
            seen.add(family)
        elif found := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            if found[1] != family or kind:
                raise Wrong(f"{number}: TYPE without its HELP")
            kind = found[2]
            if (kind == "counter") != family.endswith("_total"):
                raise Wrong(f"{number}: a counter is called _total, and nothing else is")
        elif found := SAMPLE.fullmatch(line):
            if not kind or found[1] not in [family + suffix for suffix in SUFFIXES[kind]]:
                raise Wrong(f"{number}: {found[1]} does not stand with its family")
            labels = tuple((label.partition("=")[0], label.partition("=")[2]) for label in re.findall(LABEL, found[2] or ""))
            if len({name for name, _ in labels}) != len(labels) or (found[1], labels) in samples:
                raise Wrong(f"{number}: a label or a sample twice")
            samples[found[1], labels] = float(found[3])
        else:
            raise Wrong(f"{number}: {line!r}")
    return samples


def value(samples, name, **labels):
    wanted = {f'{key}="{text}"' for key, text in labels.items()}
    found = [number for (known, its), number in samples.items()
             if known == name and wanted <= {f"{key}={text}" for key, text in its}]
    if len(found) != 1:
        raise Wrong(f"{len(found)} samples {name} {labels}")
    return found[0]


def grammar(story):
    golden = (ROOT / "tests/unit/golden/metrics.prom").read_text()
    samples = parse(golden)
    story.equal(value(samples, "imprimatur_delivery_attempts_total", endpoint="room", **{"class": "http"}), 1,
                "the text of the unit test can be parsed")
    buckets = [number for (name, _), number in samples.items() if name == "imprimatur_pass_duration_seconds_bucket"]
    story.ok(buckets == sorted(buckets) and buckets[-1] == value(samples, "imprimatur_pass_duration_seconds_count") == 3,
             "a histogram is cumulated", buckets)
    broken = (golden[:-1], golden.replace("# TYPE imprimatur_articles gauge\n", ""), golden + golden,
              golden.replace('endpoint="site"', 'endpoint="room"', 1), golden.replace("} 0\n", "} 0,5\n", 1),
              golden.replace('\\"', '"', 1), golden.replace("# HELP imprimatur_articles ", "# HELP imprimatur_article ", 1))
    for text in broken:
        try:
            parse(text)
            story.ok(False, "what is broken is not parsed", text)
        except Wrong as wrong:
            story.ok(text != golden, f"broken: {wrong}"[:90])


def alerts(story):
    """Every metric that an example rule names is one, and the manual has them all."""
    text = (ROOT / "systemd/alerts.yml").read_text()
    names = {name for name, _ in parse((ROOT / "tests/unit/golden/metrics.prom").read_text())}
    named = set(re.findall(r"\bimprimatur_\w+", text))
    story.ok(len(named) > 7 and named <= names, "the example rules name metrics that there are", named - names)
    page = (ROOT / "daemon/man/imprimatur.json.5").read_text()
    families = set(re.findall(r"# TYPE (\S+)", (ROOT / "tests/unit/golden/metrics.prom").read_text()))
    story.equal(sorted(name for name in families if f".It Li {name}" not in page), [], "the manual page has every one")


def read(path):
    return parse(path.read_text()) if path.exists() else None


def daemon_writes(story):
    with World() as world, Receiver() as receiver:
        counter = Counter(world)
        folder = world.root / "textfile"
        folder.mkdir()
        path = folder / "handbook.prom"
        endpoints = [endpoint(receiver, "well", events=["article.*"]), endpoint(receiver, "gone", "/410", events=["article.*"]),
                     endpoint(receiver, "faulty", "/400", events=["article.*"])]
        config = counter.configure(endpoints, metrics_file=str(path), ladder=[0, 0, 0, 0], poll_seconds=3600)
        daemon = world.daemon(config, env={"LC_ALL": "de_DE.UTF-8"}).await_ready()
        wait_until(lambda: read(path), folder, what="the first file")
        story.ok(True, "the file is there after the first pass")
        counter.submit("content/a.md")
        counter.submit("content/b.md")
        receiver.wait_for(lambda m: m["path"] == "/410")
        receiver.wait_until(lambda all: len([m for m in all if m["path"] == "/400"]) >= 6)

        def settled():
            samples = read(path)
            return samples if value(samples, "imprimatur_deliveries_dead", endpoint="faulty") == 2 else None
        samples = wait_until(settled, folder, what="the last state")
        attempts = "imprimatur_delivery_attempts_total"
        story.equal((value(samples, attempts, endpoint="well", **{"class": "delivered"}),
                     value(samples, attempts, endpoint="faulty", **{"class": "http"}),
                     value(samples, attempts, endpoint="well", **{"class": "dns"})), (2, 6, 0),
                    "tries, by endpoint and how they ended")
        story.equal((value(samples, "imprimatur_endpoint_disabled", endpoint="gone"),
                     value(samples, "imprimatur_deliveries_waiting", endpoint="gone"),
                     value(samples, "imprimatur_endpoint_disabled", endpoint="well"),
                     value(samples, "imprimatur_deliveries_waiting", endpoint="well")), (1, 2, 0, 0),
                    "what is disabled, and what waits for it")
        story.equal((value(samples, "imprimatur_articles", state="submitted"), value(samples, "imprimatur_articles_overdue"),
                     value(samples, "imprimatur_unhealthy"), value(samples, "imprimatur_ledger_diverged")), (2, 0, 0, 0),
                    "articles by state")
        story.equal(value(samples, "imprimatur_ledger_entries_total"), len(world.ledger(counter.repository)),
                    "the entries of the ledger")
        story.ok(value(samples, "imprimatur_pass_duration_seconds_count") >= 2
                 and abs(value(samples, "imprimatur_last_pass_timestamp_seconds") - path.stat().st_mtime) < 60,
                 "and passes", {name: number for (name, _), number in samples.items() if "pass_" in name})
        story.equal((stat.S_IMODE(path.stat().st_mode), os.listdir(folder)), (0o644, ["handbook.prom"]),
                    "whoever collects may read it, and nothing else is left there")
        written = path.stat()
        counter.run("endpoint", "enable", "gone")
        wait_until(lambda: path.stat().st_ino != written.st_ino, folder, what="another file")
        story.ok(True, "each is a new file under the old name")
        config.write_text(json.dumps(json.loads(config.read_text()) | {"metrics_file": str(folder / "no" / "such")}))
        daemon.reload()
        wait_until(lambda: "metrics_file: " in daemon.log, world.root, what="the complaint")
        counter.submit("content/c.md")
        receiver.wait_for(lambda m: m["path"] == "/ok" and "content/c.md" in m["raw"])
        story.equal(daemon.log.count("metrics_file: "), 1, "a place that cannot be written to is told once, and delays nothing")
        story.equal(daemon.stop(), 0, "the daemon ends")


with Story("Metrics") as the_story:
    grammar(the_story)
    alerts(the_story)
    daemon_writes(the_story)

"""A publisher's handbook, and the folder that `imprimatur site` writes of it: for the stories about what readers see."""

import html.parser
import json
import re

BOARD = {"disclaimer": "This is *general* information and replaces nobody's advice.",
         "contact": "mailto:ask@example.org?subject={title}&body={path}%20{version}",
         "audiences": {"patient": "Patients and families", "clinician": "Health professionals"}}
URL = "https://review.example.org/"


class Page(html.parser.HTMLParser):
    """What a person reads of a page, and what its elements are."""

    VOID = ("br", "hr", "img", "input", "link", "meta")

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            self.open.pop()

    def handle_data(self, data):
        if "script" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, tag, **attributes):
        return [found for name, found in self.elements
                if name == tag and all(found.get(key) == value for key, value in attributes.items())]


class Shop:
    """Everything happens at whole days of November 2026: `day` is the next."""

    def __init__(self, world, people=None, url=URL, policy=None, one=None, **configuration):
        self.world, self.url = world, url
        key = world.new_key("ledger")
        ledger_key = " ".join(open(f"{key}.pub", encoding="ascii").read().split()[:2])
        self.one = world.person("onc1", "Oncologist One", "one@board.example", specialties=["oncology"],
                                credentials="MD, FACP", url="https://people.example/one", **(one or {}))
        self.hidden = world.person("gp9", "Greta Hidden", "greta@board.example", public=False)
        self.editor = world.person("ed1", "Editor One", "editor@example.org", roles=["editor"])
        self.repository = world.bare("handbook")
        self.author = world.clone(self.repository, "author")
        self.policy = world.policy(people or [self.one, self.hidden, self.editor], ledger_key=ledger_key,
                                   **(BOARD | {"carry": ["content/**/*.png"]} | (policy or {})))
        self.day = 1
        self.author.publish_policy(self.policy, at=self.moment(7))
        self.config = world.configure(self.repository, signing_key=f"file:{key}", **configuration)
        self.folder = world.root / "site"

    def moment(self, hour=9):
        return f"2026-11-{self.day:02}T{hour:02}:00:00Z"

    def write(self, **texts):
        """Commits articles of content/, named without .md, and takes them in; one that is None is removed."""
        paths = {f"content/{name.replace('__', '/')}.md": text for name, text in texts.items()}
        for gone in [path for path, text in paths.items() if text is None]:
            self.author.remove(gone)
            del paths[gone]
        self.author.write_all(paths)
        self.author.commit("Texts", at=self.moment(8))
        self.take()

    def decide(self, person, verdict, *names, **more):
        self.author.decide(person, verdict, *(f"content/{name}.md" for name in names), at=self.moment(8), **more)
        self.take()

    def approve(self, *names, person=None):
        self.decide(person or self.one, "approve", *names)

    def take(self):
        """A pass; then it is the next day."""
        self.author.push()
        done = self.world.imprimatur("once", config=self.config, now=self.moment())
        if done.status:
            raise RuntimeError(str(done))
        self.day += 1

    def export(self, *options, now=None, folder=None):
        return self.world.imprimatur("site", folder or self.folder, "--url", self.url, *options, config=self.config,
                                     now=now or self.moment())

    def read(self, name, folder=None):
        return ((folder or self.folder) / name).read_text()

    def page(self, name, file="index.html"):
        return Page(self.read(f"a/{name}/{file}"))

    def status(self, name):
        return json.loads(self.read(f"s/content/{name}.md.json"))

    def files(self, folder=None):
        """name -> (bytes, time) of all files."""
        folder = folder or self.folder
        return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
                for path in sorted(folder.rglob("*")) if path.is_file()}

    def everything(self):
        """All bytes of the folder, for looking for what must not be in it."""
        return b"\n".join(content for content, _ in self.files().values())

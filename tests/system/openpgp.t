#!/usr/bin/env -S python3 -B
"""OpenPGP beside SSH: keys in .imprimatur/keyring.asc, made on the spot by GnuPG, and decisions signed by git with
them."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import armored_signature, with_signature, without_signature  # noqa: E402
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402

CREATED = "20261101T000000"


class Rings(Siege):
    """A board of three: one with an OpenPGP key, one with a subkey to sign by, one with an SSH key."""

    def __init__(self, story, world):
        self.world = world
        self.ring = world.root / "gnupg"
        self.ring.mkdir(mode=0o700)
        self.pgp = world.person("pgp1", "Doctor Pretty", "pretty@board.example")
        self.sub = world.person("pgp2", "Doctor Subkey", "subkey@board.example")
        self.ssh = world.person("ssh1", "Doctor Shell", "shell@board.example")
        self.keys = {"pgp1": self.new_openpgp("pretty@board.example", "ed25519", "sign"),
                     "pgp2": self.new_openpgp("subkey@board.example", "rsa2048", "cert")}
        self.gpg("--quick-add-key", self.keys["pgp2"], "ed25519", "sign")
        self.sub_key = self.fingerprints("subkey@board.example")[1]
        for person in (self.pgp, self.sub):
            person.more["openpgp"] = [self.keys[person.id]]
        super().__init__(story, world, [self.pgp, self.sub, self.ssh])
        self.policy.signers = [self.ssh.signer]
        self.policy.keyring = self.exported()
        self.amend()

    def gpg(self, *arguments, text_in=None):
        return self.world.run("gpg", "--homedir", self.ring, "--batch", "--quiet", "--no-tty", "--passphrase", "",
                              "--pinentry-mode", "loopback", "--faked-system-time", f"{CREATED}!", *arguments, text_in=text_in).out

    def fingerprints(self, of):
        return [line.split(":")[9] for line in self.gpg("--with-colons", "--list-keys", of).splitlines()
                if line.startswith("fpr:")]

    def new_openpgp(self, address, *kind):
        self.gpg("--quick-gen-key", f"Doctor <{address}>", *(kind or ("ed25519", "sign")))
        return self.fingerprints(address)[0]

    def exported(self, *keys):
        return self.gpg("--armor", "--export", *(keys or self.keys.values()))

    def signed_by_git(self, person, key, verdict, *articles, **more):
        """A decision as git signs it with gpg.format openpgp."""
        wrapper = self.world.root / "gpg-wrapper"
        wrapper.write_text(f'#!/bin/sh\nexec gpg --homedir {self.ring} --batch --passphrase "" --pinentry-mode loopback "$@"\n')
        wrapper.chmod(0o755)
        env = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "gpg.format", "GIT_CONFIG_VALUE_0": "openpgp",
               "GIT_CONFIG_KEY_1": "gpg.program", "GIT_CONFIG_VALUE_1": str(wrapper)}
        self.world.env |= env
        try:
            return self.decided(person, verdict, *articles, key=f"{key}!", **more)
        finally:
            for name in env:
                del self.world.env[name]

    def close(self):
        self.world.run("gpgconf", "--homedir", self.ring, "--kill", "all", check=False)


def board_of_both(book):
    story = book.story
    book.begin(A, B)
    manifest = (book.author.path / ".imprimatur/manifest").read_text()
    story.equal([line.split()[1] for line in manifest.splitlines()], ["POLICY.md", "allowed_signers", "keyring.asc", "policy.json"],
                "the keyring is part of the manifest")
    genuine = book.signed_by_git(book.pgp, book.keys["pgp1"], "approve", A)
    book.becomes("a decision that git signed with an OpenPGP key counts", f"approval {A} by pgp1: Approved")
    book.write(A)
    book.once()
    book.signed_by_git(book.sub, book.sub_key, "approve", A)
    book.forget()
    book.becomes("and so does one by a subkey that signs", f"approval {A} by pgp2: Approved")
    book.decided(book.ssh, "approve", B)
    book.becomes("SSH keys go on working beside them", f"approval {B} by ssh1: Approved")

    tampered = book.read_commit(genuine).replace("Read.", "Rode.")
    book.author.push(f"{book.write_commit(tampered)}:refs/heads/{book.branch()}")
    book.holds("a message changed after signing", "bad-signature")
    signature = armored_signature(book.read_commit(genuine))
    lines = signature.split("\n")
    flipped = "\n".join(lines[:3] + [lines[3][:8] + ("A" if lines[3][8] != "A" else "B") + lines[3][9:]] + lines[4:])
    for armored in (flipped, signature.replace("\n-----END", "\nAAAA\n-----END"), "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n",
                    signature.replace(" SIGNATURE", " MESSAGE")):
        body = with_signature(without_signature(book.read_commit(genuine)), armored)
        book.author.push(f"{book.write_commit(body)}:refs/heads/{book.branch()}")
    book.holds("signatures that are garbled, prolonged, empty or none", *["bad-signature"] * 4)
    stranger = book.new_openpgp("else@elsewhere.example")
    book.signed_by_git(book.pgp, stranger, "approve", B)
    book.holds("a key that nobody listed", "unknown-key")
    book.signed_by_git(book.ssh, book.keys["pgp1"], "request-changes", B)
    book.holds("another's name", "author-mismatch")
    bare = {"PATH": str(book.world.root / "empty")}
    (book.world.root / "empty").mkdir()
    for tool in ("ssh-keygen",):
        os.symlink(book.world.run("which", tool).out.strip(), book.world.root / "empty" / tool)
    book.signed_by_git(book.pgp, book.keys["pgp1"], "comment", B)
    book.holds("where gpgv is not installed, the key is not known", "unknown-key", env=bare)


def several_keys(book):
    """A person with two OpenPGP keys and an SSH key is one voice."""
    second = book.new_openpgp("pretty@home.example", "rsa3072", "sign")
    book.keys["second"] = second
    ssh = f'{book.pgp.email} namespaces="git" {book.pgp.public_key}'
    book.policy.signers.append(ssh)
    book.policy.json["people"][0]["openpgp"] = [book.keys["pgp1"], second]
    book.policy.keyring = book.exported()
    book.amend(rules=[{"paths": ["**"], "approvals": 2}])
    book.write(B)
    book.once()
    book.forget()
    book.signed_by_git(book.pgp, book.keys["pgp1"], "approve", B)
    book.signed_by_git(book.pgp, second, "approve", B)
    book.decided(book.pgp, "approve", B)
    book.becomes("two OpenPGP keys and an SSH key of one person are one voice",
                 *[f"approval {B} by pgp1: Under Review"] * 3)
    book.policy.signers.remove(ssh)
    book.policy.json["people"][0]["openpgp"] = [book.keys["pgp1"]]
    del book.keys["second"]
    book.policy.keyring = book.exported()
    book.amend(rules=[{"paths": ["**"], "approvals": 1}])
    book.once()
    book.forget()
    book.signed_by_git(book.pgp, second, "comment", B)
    book.holds("a key that is gone from the keyring", "unknown-key")


def expired_and_revoked(book):
    story = book.story
    book.write(A, B)
    book.once()
    book.forget()
    approval = book.signed_by_git(book.pgp, book.keys["pgp1"], "comment", A)
    book.becomes("before", f"comment {A} by pgp1: Submitted (revised)")
    book.signed_by_git(book.pgp, book.keys["pgp1"], "claim", A)
    book.becomes("a claim", f"claim {A} by pgp1: Under Review")
    withheld = book.signed_by_git(book.pgp, book.keys["pgp1"], "approve", B, branch="withheld")
    book.author.push(":refs/heads/withheld")
    # Both in the past of the machine's clock, by which gpgv judges.
    short = book.new_openpgp("short@board.example", "ed25519", "sign", "5d")
    book.keys["short"] = short
    book.policy.json["people"][2]["openpgp"] = [short.lower()]
    book.policy.keyring = book.exported()
    book.amend()
    book.becomes("another key for somebody, written in small letters", "policy")
    body = "\n".join(["Read.", "", "Review: comment", f"Article: {B}", ""])
    seconds = int(book.moment.timestamp())
    ident = f"{book.ssh.name} <{book.ssh.email}> {seconds} +0000"
    head = book.author.head()
    tree = book.author.git("rev-parse", "HEAD^{tree}")
    payload = f"tree {tree}\nparent {head}\nauthor {ident}\ncommitter {ident}\n\n{body}"
    armored = book.gpg("--armor", "--detach-sign", "-u", short, text_in=payload)
    book.author.push(f"{book.write_commit(with_signature(payload, armored))}:refs/heads/{book.branch()}")
    book.holds("a key that has expired since it signed", "unknown-key")

    revocation = (book.ring / "openpgp-revocs.d" / f"{book.keys['pgp1']}.rev").read_text()
    book.gpg("--import", text_in=revocation.replace(":-----BEGIN", "-----BEGIN"))
    book.policy.keyring = book.exported()
    book.amend()
    book.becomes("a keyring in which a key is revoked", "policy")
    book.author.push(f"{withheld}:refs/heads/{book.branch()}")
    book.holds("a revoked key, whenever it signed", "unknown-key")
    book.policy.json["people"][0]["openpgp"] = []
    book.amend()
    book.becomes("who has that key no longer, has no claim by it", "policy", f"rejudgment {A}: Submitted (rejudged)")
    story.equal(len([entry for entry in book.ledger() if entry.get("Decision") == approval]), 1, "what was said stays said")


def policies_that_are_refused(book):
    world, story = book.world, book.story
    one = lambda keyring, **person: (keyring, person)  # noqa: E731
    good = book.exported()
    secret = book.gpg("--armor", "--export-secret-keys", book.keys["pgp2"])
    crc = "\n".join("=AAAA" if line.startswith("=") else line for line in good.split("\n"))
    cases = {
        "a wrong checksum": one(crc),
        "a person's key that the keyring has not": one(book.exported(book.keys["pgp2"]), openpgp=[book.keys["short"]]),
        "a subkey in the place of its primary key": one(good, openpgp=[book.sub_key]),
        "no fingerprint": one(good, openpgp=["0x1234"]),
        "two persons with one key": one(good, openpgp=[book.keys["pgp2"].lower()]),
        "secret keys": one(secret),
        "garbage": one("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----\n"),
        "secret keys as public ones": one(secret.replace("PRIVATE", "PUBLIC")),
        "nothing": one(""),
    }
    sentences = []
    for what, (keyring, person) in cases.items():
        book.policy.keyring = keyring
        book.policy.json["people"][2]["openpgp"] = person.get("openpgp", [])
        book.publish(push=True, version=book.policy.json["version"] + 1)
        book.once()
        told = book.told(r"policy\.rejected")
        sentences += [message["data"]["reason_text"] for message in told]
        story.ok(len(told) == 1 and book.new() == [], f"rejected: {what}", told)
    story.ok(any("secret" in sentence for sentence in sentences), "each says why", sentences)
    book.policy.keyring = good
    book.policy.json["people"][2]["openpgp"] = []
    (book.author.path / ".imprimatur/keyring.asc").unlink()
    book.publish(push=True, version=book.policy.json["version"] + 1)
    (book.author.path / ".imprimatur/keyring.asc").write_text(good + "\n")
    book.author.git("add", ".imprimatur")
    book.commit("Change the keyring alone")
    book.once()
    told = book.told(r"policy\.rejected")
    story.ok(any("manifest" in message["data"]["reason_text"] for message in told), "a keyring that the authority did not sign",
             told)
    del book.policy.json["people"][1]["openpgp"]
    book.author.git("rm", "-q", "-f", ".imprimatur/keyring.asc")
    book.policy.keyring = None
    book.amend()
    book.becomes("without keys and keyring it is a policy again", "policy")
    reader = world.clone(book.bare, "reader")
    reader.pull()
    verified = world.imprimatur("verify", cwd=reader.path, now=book.pass_time())
    story.ok("consistent, origin not proved" in verified.out, "anybody can replay the whole record", verified)
    lacking = world.imprimatur("verify", cwd=reader.path, now=book.now, env={"PATH": str(world.root / "empty")})
    story.ok(lacking.status == 1 and "install gpgv" in lacking.err and not lacking.out,
             "without gpgv it says what is lacking, and does not blame the record", lacking)
    index = book.state_directory / "index.db"
    for name in (index, f"{index}-wal", f"{index}-shm"):
        Path(name).unlink(missing_ok=True)
    tip = book.tip("refs/imprimatur/ledger")
    book.once()
    story.equal(book.tip("refs/imprimatur/ledger"), tip, "and the index can be built again from the ledger")


with Story("OpenPGP beside SSH") as the_story, World() as the_world:
    the_book = Rings(the_story, the_world)
    try:
        for tell in (board_of_both, several_keys, expired_and_revoked, policies_that_are_refused):
            tell(the_book)
    finally:
        the_book.close()

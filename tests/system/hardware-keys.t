#!/usr/bin/env -S python3 -B
"""Keys of security tokens: a token made of software signs a decision as a real one does, with both kinds of key, and
what a token would not sign is refused."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import with_signature  # noqa: E402
from security_token import PRESENT, VERIFIED, EcdsaToken, Ed25519Token, signature  # noqa: E402
from siege import A, B, Siege  # noqa: E402
from story import Story, World  # noqa: E402


def ssh_keygen_agrees(story, world, token):
    """The token of these tests is not something that they imagine."""
    signers, armored = world.root / "token-signers", world.root / "token.sig"
    signers.write_text(f'one@board.example namespaces="git" {token.line}\n')

    def verdict(**lies):
        armored.write_text(signature(token, "Read.\n", **lies))
        return world.run("ssh-keygen", "-Y", "verify", "-f", signers, "-I", "one@board.example", "-n", "git", "-s",
                         armored, text_in="Read.\n", check=False).status
    story.equal((verdict(), verdict(flags=PRESENT | VERIFIED), verdict(digest="sha256")), (0, 0, 0),
                f"{token.kind.decode()}: ssh-keygen takes what it signs")
    story.ok(verdict(counter=8) and verdict(application=b"ssh:else") and verdict(namespace=b"file"),
             f"{token.kind.decode()}: and not what it would not")


def a_board_with_a_token(story, world, kind):
    token, other, name = kind(), kind(), kind.kind.decode()
    ssh_keygen_agrees(story, world, token)
    person = world.person("onc1", "Oncologist One", "one@board.example")
    book = Siege(story, world, [person], name=kind.__name__.lower())
    book.policy.signers = [f'{person.email} namespaces="git" {token.line}']
    book.amend()
    book.begin(A, B)
    own = lambda **more: lambda commit: with_signature(commit, signature(token, commit, **more))  # noqa: E731
    book.forged(key=None, after=own(namespace=b"file"))
    book.forged(key=None, after=own(application=b"ssh:else"))
    book.forged(key=None, after=own(counter=8))
    book.forged(key=None, after=lambda commit: with_signature(commit, signature(token, commit + "x")))
    book.forged(key=None, after=lambda commit: with_signature(commit, signature(other, commit)))
    book.holds(f"{name}: another purpose, application, counter, text or token",
               *["bad-signature"] * 4, "unknown-key")
    book.forged(key=None, after=own())
    book.becomes(f"{name}: what somebody touched the token for counts", f"approval {A} by onc1: Approved")
    book.forged(book.message(B), key=None, after=own(flags=PRESENT | VERIFIED, digest="sha256"))
    book.becomes(f"{name}: with a PIN, and the other digest", f"approval {B} by onc1: Approved")


with Story("Keys of security tokens") as the_story:
    for the_kind in (Ed25519Token, EcdsaToken):
        with World() as the_world:
            a_board_with_a_token(the_story, the_world, the_kind)

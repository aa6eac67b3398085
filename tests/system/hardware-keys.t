#!/usr/bin/env python3
"""Keys of security tokens (sk-ssh-ed25519@openssh.com): a token made of software signs a decision as a real one does,
and what a token would not sign is refused."""

import base64
import hashlib
import os
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from handbook import with_signature  # noqa: E402
from siege import A, Siege  # noqa: E402
from story import Story, World  # noqa: E402

KIND, APPLICATION = b"sk-ssh-ed25519@openssh.com", b"ssh:"
PRESENT = 1

# RFC 8032, section 5.1.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def recover_x(y):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == 0 else P - x


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P)


def times(scalar):
    result, point = (0, 1), (recover_x(BASE_Y), BASE_Y)
    while scalar:
        result = add(result, point) if scalar & 1 else result
        point, scalar = add(point, point), scalar >> 1
    return (result[1] | (result[0] & 1) << 255).to_bytes(32, "little")


def number(data):
    return int.from_bytes(data, "little")


class Token:
    def __init__(self):
        digest = hashlib.sha512(os.urandom(32)).digest()
        self.scalar = number(digest[:32]) & ~7 & ~(1 << 255) | 1 << 254
        self.prefix, self.public = digest[32:], times(self.scalar)
        self.key = string(KIND) + string(self.public) + string(APPLICATION)

    def sign(self, message, flags, counter, application):
        said = hashlib.sha256(application).digest() + struct.pack(">BI", flags, counter) + hashlib.sha256(message).digest()
        nonce = number(hashlib.sha512(self.prefix + said).digest()) % ORDER
        point = times(nonce)
        factor = number(hashlib.sha512(point + self.public + said).digest()) % ORDER
        signature = point + ((nonce + factor * self.scalar) % ORDER).to_bytes(32, "little")
        return string(KIND) + string(signature) + struct.pack(">BI", flags, counter)


def string(data):
    return struct.pack(">I", len(data)) + data


def signature(token, payload, flags=PRESENT, namespace=b"git", application=APPLICATION, counter=None):
    """OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f. With a counter, that stands in it, whatever was signed."""
    message = (b"SSHSIG" + string(namespace) + string(b"") + string(b"sha512")
               + string(hashlib.sha512(payload.encode()).digest()))
    signed = token.sign(message, flags, 7, application)
    signed = signed if counter is None else signed[:-4] + struct.pack(">I", counter)
    blob = (b"SSHSIG" + struct.pack(">I", 1) + string(token.key) + string(namespace) + string(b"") + string(b"sha512")
            + string(signed))
    text = base64.b64encode(blob).decode()
    lines = [text[at:at + 70] for at in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----"]) + "\n"


with Story("Keys of security tokens") as the_story, World() as the_world:
    the_token, other = Token(), Token()
    person = the_world.person("onc1", "Oncologist One", "one@board.example")
    book = Siege(the_story, the_world, [person])
    book.policy.signers = [f'{person.email} namespaces="git" {KIND.decode()} {base64.b64encode(the_token.key).decode()}']
    book.amend()
    book.begin()
    own = lambda **more: lambda commit: with_signature(commit, signature(the_token, commit, **more))  # noqa: E731
    book.forged(key=None, after=own(namespace=b"file"))
    book.forged(key=None, after=own(application=b"ssh:else"))
    book.forged(key=None, after=own(counter=8))
    book.forged(key=None, after=lambda commit: with_signature(commit, signature(the_token, commit + "x")))
    book.forged(key=None, after=lambda commit: with_signature(commit, signature(other, commit)))
    book.holds("another purpose, application, counter, text or token",
               *["bad-signature"] * 4, "unknown-key")
    book.forged(key=None, after=own())
    book.becomes("what somebody touched the token for counts", f"approval {A} by onc1: Approved")

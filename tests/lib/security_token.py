"""Security tokens made of software: they sign as real ones do, with keys of both kinds that OpenSSH knows.

    token = Ed25519Token()            # or EcdsaToken()
    token.line                        # "TYPE BASE64", as in a .pub file
    armored = signature(token, text)  # what ssh-keygen -Y sign would write

With the keys come the lies that a real token would not tell: other flags, another application, another counter
than the signed one. The arithmetic is slow, open to every side channel, and for tests alone."""

import base64
import hashlib
import os
import struct

PRESENT, VERIFIED = 1, 4  # flags: somebody touched it; and showed who they are


def string(data):
    return struct.pack(">I", len(data)) + data


def mpint(value):
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


class Token:
    """What both kinds share: OpenSSH's PROTOCOL.u2f. A kind has `kind`, `public` (the fields of the key before the
    application) and `sign_raw`, which signs bytes."""

    application = b"ssh:"

    @property
    def key(self):
        return string(self.kind) + self.public + string(self.application)

    @property
    def line(self):
        return f"{self.kind.decode()} {base64.b64encode(self.key).decode()}"

    def sign(self, message, flags=PRESENT, counter=7, application=None):
        """The signature as SSH has it, with the flags and the counter after it."""
        said = (hashlib.sha256(application or self.application).digest() + struct.pack(">BI", flags, counter)
                + hashlib.sha256(message).digest())
        return string(self.kind) + string(self.sign_raw(said)) + struct.pack(">BI", flags, counter)


class Ed25519Token(Token):
    """RFC 8032, section 5.1."""

    kind = b"sk-ssh-ed25519@openssh.com"
    P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    D = -121665 * pow(121666, P - 2, P) % P

    def __init__(self, seed=None):
        digest = hashlib.sha512(seed or os.urandom(32)).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & ~7 & ~(1 << 255) | 1 << 254
        self.prefix, self.point = digest[32:], self.times(self.scalar)
        self.public = string(self.point)

    def sign_raw(self, said):
        number = lambda data: int.from_bytes(hashlib.sha512(data).digest(), "little") % self.ORDER  # noqa: E731
        nonce = number(self.prefix + said)
        point = self.times(nonce)
        answer = (nonce + number(point + self.point + said) * self.scalar) % self.ORDER
        return point + answer.to_bytes(32, "little")

    def times(self, scalar):
        """That multiple of the base point, encoded."""
        y = 4 * pow(5, self.P - 2, self.P) % self.P
        result, point = (0, 1), (self.recover_x(y), y)
        while scalar:
            result = self.add(result, point) if scalar & 1 else result
            point, scalar = self.add(point, point), scalar >> 1
        return (result[1] | (result[0] & 1) << 255).to_bytes(32, "little")

    def recover_x(self, y):
        p = self.P
        square = (y * y - 1) * pow(self.D * y * y + 1, p - 2, p) % p
        x = pow(square, (p + 3) // 8, p)
        x = x if (x * x - square) % p == 0 else x * pow(2, (p - 1) // 4, p) % p
        return x if x % 2 == 0 else p - x

    def add(self, one, other):
        (x1, y1), (x2, y2), p = one, other, self.P
        product = self.D * x1 * x2 * y1 * y2 % p
        return ((x1 * y2 + x2 * y1) * pow(1 + product, p - 2, p) % p,
                (y1 * y2 + x1 * x2) * pow(1 - product, p - 2, p) % p)


class EcdsaToken(Token):
    """ECDSA over P-256 (FIPS 186-4, appendix D.1.2.3)."""

    kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
    P = 2**256 - 2**224 + 2**192 + 2**96 - 1
    ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    BASE = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)

    def __init__(self, scalar=None):
        self.scalar = scalar or int.from_bytes(os.urandom(40), "big") % (self.ORDER - 1) + 1
        x, y = self.times(self.scalar)
        self.public = string(b"nistp256") + string(b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big"))

    def sign_raw(self, said):
        digest = int.from_bytes(hashlib.sha256(said).digest(), "big")
        r = s = 0
        while not r or not s:
            nonce = int.from_bytes(os.urandom(40), "big") % (self.ORDER - 1) + 1
            r = self.times(nonce)[0] % self.ORDER
            s = pow(nonce, self.ORDER - 2, self.ORDER) * (digest + r * self.scalar) % self.ORDER
        return mpint(r) + mpint(s)

    def times(self, scalar):
        result, point = None, self.BASE
        while scalar:
            result = self.add(result, point) if scalar & 1 else result
            point, scalar = self.add(point, point), scalar >> 1
        return result

    def add(self, one, other):
        p = self.P
        if one is None or other is None:
            return one or other
        (x1, y1), (x2, y2) = one, other
        if x1 == x2 and (y1 + y2) % p == 0:
            return None
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, p - 2, p) if one == other else (y2 - y1) * pow(x2 - x1, p - 2, p)
        x = (slope * slope - x1 - x2) % p
        return x, (slope * (x1 - x) - y1) % p


def signature(token, payload, namespace=b"git", counter=None, digest="sha512", **lies):
    """OpenSSH's PROTOCOL.sshsig. With a counter, that stands in it, whatever was signed."""
    head = string(namespace) + string(b"") + string(digest.encode())
    payload = payload if isinstance(payload, bytes) else payload.encode()
    signed = token.sign(b"SSHSIG" + head + string(hashlib.new(digest, payload).digest()), **lies)
    signed = signed if counter is None else signed[:-4] + struct.pack(">I", counter)
    blob = b"SSHSIG" + struct.pack(">I", 1) + string(token.key) + head + string(signed)
    text = base64.b64encode(blob).decode()
    lines = [text[at:at + 70] for at in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----"]) + "\n"

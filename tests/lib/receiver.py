"""A scripted receiver of webhooks: a real TCP server whose behaviour is chosen by the path.

    /ok             200, a short body, the connection is kept
    /503, /503/2    that status always, or twice for each webhook-id and then 200; any status from 200 to 599
    /down/5         503 for the first five requests to this path, whatever they are, then 200
    /busy/429/120   429 (or 503) with Retry-After: 120, once for each webhook-id and then 200; percent-encoded
    /says/429/TEXT/retry-after:1
                    that status, text and headers (percent-encoded), once for each webhook-id and then 200
    /text           503 to JSON, 200 to everything else
    /echo/404       that status, and the path and the token of the request, as error pages do
    /slow           reads the request and never answers
    /drop, /drop/2  resets the connection after the request
    /trickle        headers, one byte a second
    /redirect/URL   302 to URL
    /moved          308 to the same path at https://new.example
    /flood-headers  200 and 64 KiB of headers
    /flood-body     200 and a body without end
    /no-body        200, a body is announced and never comes
    /twice/4096     to the first request 200 in so many bytes, and with them a second answer, 200, that nothing was
                    asked for; then 200

What stands behind a behaviour (/ok/room) only tells endpoints apart. Every request is recorded in the order of arrival,
before it is answered:

    {"method", "path", "headers" (names in lower case), "body" (parsed, or null), "raw", "at" (seconds),
     "connection" (1, 2 ...), "verified" (null without secrets)}

In a test:

    with Receiver(secrets=["whsec_..."]) as receiver:
        configure(receiver.url("/503/2"))
        message = receiver.wait_for(lambda message: message["body"]["type"] == "article.approved")

As a program it prints its port, then what it was told to with --print or --record.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from urllib.parse import unquote

LONGEST_REQUEST = 1024 * 1024
UNASKED = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def verify(secrets, headers, raw):
    """Whether one of the signatures is by one of the secrets (Standard Webhooks 1.0)."""
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + raw
    given = headers.get("webhook-signature", "").split()
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(expected, signature) for signature in given):
            return True
    return False


def shown(message):
    """What people see of it: without what has no width."""
    return message["raw"].replace("\u200b", "")


def summary(message):
    """One line for people."""
    body = message["body"]
    if not isinstance(body, dict) or "data" not in body:
        return f"{message['path']}: {message['raw'][:80]}"
    data = body["data"]
    words = [f"{body['type']:26}"]
    if data["article"]:
        words.append(data["article"]["path"])
    if data["count"] is not None:
        words.append(f"{data['count']} articles")
    if data["state"]:
        words.append(f"-> {data['state']}")
    why = data["refusal"] or data["problem"] or data["reason"]
    if why:
        words.append(f"({why})")
    if data["actor"]:
        words.append(f"by {data['actor']['name']}")
    if data["person"] and data["person"] != data["actor"]:
        words.append(f"for {data['person']['name']}")
    if data["refusal"] and data["reason_text"]:
        words.append(f"\u201c{data['reason_text']}\u201d")
    if message["verified"] is False:
        words.append("[BAD SIGNATURE]")
    return "  ".join(words)


class Connection:
    """One connection, in a thread of its own: requests in, scripted answers out."""

    def __init__(self, receiver, peer, number):
        self.receiver = receiver
        self.socket = peer
        self.number = number

    def run(self):
        try:
            if self.receiver.tls:
                self.socket = self.receiver.tls.wrap_socket(self.socket, server_side=True)
            self.receiver.connections.append(self)
            stream = self.socket.makefile("rb")
            while (request := self.read(stream)) and self.answer(request):
                pass
        except OSError:
            pass  # The other side has gone: for most behaviours the expected end.
        finally:
            self.socket.close()

    def read(self, stream):
        first = stream.readline(LONGEST_REQUEST).decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while (line := stream.readline(LONGEST_REQUEST).decode("latin-1").strip()):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        raw = stream.read(min(int(headers.get("content-length", 0)), LONGEST_REQUEST))
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        secrets = self.receiver.secrets
        return {"method": first[0], "path": first[1], "headers": headers, "body": body,
                "raw": raw.decode("utf-8", "replace"), "at": time.time(), "connection": self.number,
                "verified": verify(secrets, headers, raw) if secrets else None}

    def answer(self, request):
        """Answers as the path says; whether the connection goes on."""
        nth, nth_at_all = self.receiver.take(request)
        behaviour, _, rest = request["path"].lstrip("/").partition("/")
        times = re.match(r"\d+(?=/|$)", rest)
        if times and nth > int(times[0]):
            behaviour = "ok"
        if re.fullmatch(r"[2-5]\d\d", behaviour):
            return self.respond(int(behaviour))
        if behaviour == "text":
            return self.respond(200 if request["body"] is None else 503)
        if behaviour == "down":
            return self.respond(503 if nth_at_all <= int(rest) else 200)
        if behaviour == "busy":
            status, _, value = rest.partition("/")
            return self.respond(int(status), f"retry-after: {unquote(value)}\r\n") if nth == 1 else self.respond(200)
        if behaviour == "says" and nth == 1:
            return self.say(*rest.split("/"))
        if behaviour == "echo":
            shown = f"Cannot {request['method']} {request['path']} as {request['headers'].get('authorization')}"
            return self.say(rest.partition("/")[0], shown.replace("%", "%25"))
        scripts = {"slow": self.wait_for_end, "drop": self.drop, "trickle": self.trickle, "no-body": self.no_body,
                   "flood-headers": self.flood_headers, "flood-body": self.flood_body}
        if behaviour == "twice":
            return self.answer_twice(int(rest)) if nth_at_all == 1 else self.respond(200)
        if behaviour == "moved":
            return self.respond(308, f"location: https://new.example{request['path']}\r\n")
        if behaviour == "redirect":
            return self.respond(302, f"location: {rest}\r\n")
        return scripts.get(behaviour, lambda: self.respond(200))()

    def respond(self, status, more=""):
        text = b"ok\n" if status < 300 else b"scripted\n"
        self.socket.sendall(f"HTTP/1.1 {status} Scripted\r\ncontent-length: {len(text)}\r\n{more}\r\n".encode() + text)
        return True

    def say(self, status, text, *more):
        text = unquote(text).encode()
        headers = "".join(f"{unquote(header)}\r\n" for header in more if ":" in header)
        self.socket.sendall(f"HTTP/1.1 {status} Scripted\r\ncontent-length: {len(text)}\r\n{headers}\r\n".encode()
                            + text)
        return True

    def answer_twice(self, size):
        head = b"HTTP/1.1 200 OK\r\ncontent-length: "
        length = size - len(head) - len("0000\r\n\r\n")
        self.socket.sendall(head + f"{length:04}\r\n\r\n".encode() + b"z" * length + UNASKED)
        return True

    def wait_for_end(self):
        self.socket.recv(1)
        return False

    def drop(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def trickle(self):
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"z" * 3600:
            self.socket.sendall(bytes([byte]))
            if self.receiver.stopping.wait(1):
                break
        return False

    def no_body(self):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        return self.wait_for_end()

    def flood_headers(self):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\n" + b"x-flood: " + b"z" * 1000 + b"\r\n")
        self.socket.sendall((b"x-flood: " + b"z" * 1000 + b"\r\n") * 64 + b"content-length: 0\r\n\r\n")
        return self.wait_for_end()

    def flood_body(self):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
        while not self.receiver.stopping.is_set():
            self.socket.sendall(b"z" * 65536)
        return False


class Receiver:
    """The server; usable as a context manager. `on_message` is called with each message, one at a time."""

    def __init__(self, host="127.0.0.1", port=0, secrets=(), record=None, on_message=None, certificate=None):
        self.secrets = list(secrets)
        self.record = record
        self.on_message = on_message
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.stopping = threading.Event()
        self.messages = []
        self.connections = []
        self.seen = {}
        self.arrived = threading.Condition()
        self.listener = socket.create_server((host, port), backlog=128)
        self.host, self.port = self.listener.getsockname()[:2]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def url(self, path="/ok"):
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{path}"

    def interject(self, answer=UNASKED):
        """Says something on every connection that is open, though nobody has asked."""
        for connection in list(self.connections):
            try:
                connection.socket.sendall(answer)
            except OSError:
                pass  # That one has been closed.

    def accept(self):
        number = 0
        while not self.stopping.is_set():
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=Connection(self, peer, number).run, daemon=True).start()

    def take(self, message):
        """Records a message; how often its id, and anything at all, has come to its path, this time included."""
        key = (message["path"], message["headers"].get("webhook-id"))
        with self.arrived:
            for seen in key, message["path"]:
                self.seen[seen] = self.seen.get(seen, 0) + 1
            self.messages.append(message)
            if self.record:
                self.record.write(json.dumps(message) + "\n")
                self.record.flush()
            if self.on_message:
                self.on_message(message)
            self.arrived.notify_all()
            return self.seen[key], self.seen[message["path"]]

    def wait_until(self, predicate, timeout=10):
        """Blocks until predicate(all messages) is true, and returns what it returned."""
        with self.arrived:
            result = self.arrived.wait_for(lambda: predicate(self.messages), timeout)
            if not result:
                came = "\n".join(summary(message) for message in self.messages) or "nothing"
                raise AssertionError(f"after {timeout} s it has not come; what has:\n{came}")
            return result

    def wait_for(self, predicate, timeout=10):
        """Blocks until there is a message for which predicate(message) is true, and returns the first such."""
        return self.wait_until(lambda messages: next(filter(predicate, messages), None), timeout)

    def stop(self):
        self.stopping.set()
        # Closing alone does not wake the thread that accepts.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


def main():
    parser = argparse.ArgumentParser(description="A scripted receiver of webhooks.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--record", metavar="FILE", help="append each message as a line of JSON; - is standard output")
    parser.add_argument("--print", action="store_true", help="print a readable line for each message")
    parser.add_argument("--secret", action="append", default=[], metavar="WHSEC", help="check signatures")
    parser.add_argument("--certificate", metavar="PEM", help="speak TLS with this certificate and key")
    options = parser.parse_args()

    record = None
    if options.record:
        record = sys.stdout if options.record == "-" else open(options.record, "a", encoding="utf-8")
    show = (lambda message: print(summary(message), flush=True)) if options.print else None
    receiver = Receiver(options.host, options.port, options.secret, record, show, options.certificate)
    print(receiver.port, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        receiver.stop()


if __name__ == "__main__":
    main()

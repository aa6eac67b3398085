"""Real servers of git repositories, each on a port of the loopback of its own: sshd, nginx with TLS in front of
git http-backend, git daemon; and servers that fail on purpose.

    with Sshd(world, repository) as forge:
        configure(url=forge.url, key=forge.key, known_hosts=forge.known_hosts)
"""

import os
import pwd
import select
import shutil
import socket
import subprocess
import threading

from story import PATIENCE_S, wait_until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Server:
    """A child process that listens at self.port."""

    def __init__(self, world, name):
        self.world = world
        self.port = free_port()
        self.folder = world.root / f"{name}-{self.port}"
        self.folder.mkdir()
        self.process = None

    def _start(self, *command, env=None):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, env=self.world.env | (env or {}), start_new_session=True)
        # What each of them says, or writes, when it is ready changes this folder.
        wait_until(lambda: _answers(self.port) or self.process.poll() is not None, self.folder,
                   what=f"port {self.port}")
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, 15)
            self.process.wait(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Sshd(_Server):
    """OpenSSH's own server, which lets one key run git on one repository (or whatever `command` says)."""

    def __init__(self, world, repository, command=None):
        super().__init__(world, "sshd")
        self.repository = repository
        self.key = str(world.new_key(f"deploy-{self.port}"))
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.host_key = self.folder / "host"
        self.new_host_key()
        public = open(f"{self.key}.pub").read()
        self.authorized = self.folder / "authorized_keys"
        command = command or 'git-shell -c "$SSH_ORIGINAL_COMMAND"'
        self.authorized.write_text(f'command="{command}",restrict {public}'.replace('"$SSH', r'\"$SSH').replace('COMMAND"', r'COMMAND\"', 1))
        self.known_hosts = str(self.folder / "known_hosts")
        self.remember()
        self.url = f"ssh://{self.user}@127.0.0.1:{self.port}{repository}"
        self.start()

    def new_host_key(self):
        for old in self.folder.glob("host*"):
            old.unlink()
        self.world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.host_key)

    def remember(self):
        kind, key = (self.folder / "host.pub").read_text().split()[:2]
        with open(self.known_hosts, "w") as file:
            file.write(f"[127.0.0.1]:{self.port} {kind} {key}\n")

    def start(self):
        config = self.folder / "sshd_config"
        config.write_text(f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\nPidFile none\n"
                          f"AuthorizedKeysFile {self.authorized}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                          "KbdInteractiveAuthentication no\nAllowTcpForwarding no\nLogLevel VERBOSE\nPermitRootLogin yes\n")
        os.makedirs("/run/sshd", exist_ok=True) if os.getuid() == 0 else None
        self._start(shutil.which("sshd", path="/usr/sbin:/usr/bin"), "-D", "-e", "-f", config)


class Gitolite(Sshd):
    """gitolite3 behind OpenSSH's server. `rules` are the lines of its configuration for the repository, in which the
    deploy key's user is "daemon"; its home is a folder of the world's, since only the test's account is there."""

    SHELL = "/usr/share/gitolite3/gitolite-shell"

    def __init__(self, world, name, rules):
        self.home = world.root / "gitolite"
        self.home.mkdir()
        env = {"HOME": str(self.home), "USER": "git", "LOGNAME": "git"}
        world.run("gitolite", "setup", "-a", "admin", env=env)
        configuration = self.home / ".gitolite/conf/gitolite.conf"
        configuration.write_text(f"repo {name}\n" + "".join(f"    {rule}\n" for rule in rules))
        world.run("gitolite", "compile", env=env)
        super().__init__(world, self.home / "repositories" / f"{name}.git", command=self.command("daemon"))
        self.url = f"ssh://{self.user}@127.0.0.1:{self.port}/{name}"

    def command(self, user):
        return f"env HOME={self.home} {self.SHELL} {user}"

    def admit(self, user):
        """Another key, of that user of gitolite's; returns the environment in which git uses it."""
        key = self.world.new_key(f"gitolite-{user}")
        with open(self.authorized, "a") as file:
            file.write(f'command="{self.command(user)}",restrict {open(f"{key}.pub").read()}')
        return {"GIT_SSH_COMMAND": f"ssh -F none -i {key} -o UserKnownHostsFile={self.known_hosts} -o IdentitiesOnly=yes"}


class GitDaemon(_Server):
    def __init__(self, world, repository):
        super().__init__(world, "git-daemon")
        self.url = f"git://127.0.0.1:{self.port}/{repository.name}"
        self._start("git", "daemon", "--verbose", "--reuseaddr", f"--listen=127.0.0.1", f"--port={self.port}", "--export-all",
                    "--enable=receive-pack", f"--base-path={repository.parent}", repository.parent)


class Https(_Server):
    """nginx with TLS and a password in front of git http-backend."""

    def __init__(self, world, repository, user="git", token="first-token-of-all"):
        super().__init__(world, "https")
        self.user = user
        self.ca_file = str(self.folder / "cert.pem")
        world.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                  "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                  "-keyout", self.folder / "key.pem", "-out", self.ca_file)
        self.url = f"https://localhost:{self.port}/{repository.name}"
        self.set_token(token)
        world.git(repository, "config", "http.receivepack", "true")
        backend = self.folder / "fcgi.socket"
        self.backend = subprocess.Popen(["fcgiwrap", "-c", "2", "-s", f"unix:{backend}"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=world.env,
                                        start_new_session=True)
        wait_until(backend.exists, self.folder, what="fcgiwrap")
        self.config = self.folder / "nginx.conf"
        paths = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.config.write_text(f"""daemon off;
{'user root;' if os.getuid() == 0 else ''}
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log;
events {{ }}
http {{
{paths}    access_log off;
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {self.ca_file};
        ssl_certificate_key {self.folder}/key.pem;
        client_max_body_size 0;
        location ~ "^/away/([0-9]+)/(.*)" {{ return 301 http://127.0.0.1:$1/$2; }}
        location /moved/ {{ return 301 https://localhost:{self.port}/$uri; }}
        location / {{
            auth_basic forge;
            auth_basic_user_file {self.folder}/users;
            fastcgi_pass unix:{backend};
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
            fastcgi_param GIT_HTTP_EXPORT_ALL "";
            fastcgi_param GIT_PROJECT_ROOT {repository.parent};
            fastcgi_param PATH_INFO $uri;
            fastcgi_param REMOTE_USER $remote_user;
        }}
    }}
}}
""")
        self._start(shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-c", self.config)

    def set_token(self, token):
        """As the server knows it from now on."""
        done = self.world.run("openssl", "passwd", "-apr1", token)
        (self.folder / "users").write_text(f"{self.user}:{done.out.strip()}\n")
        (self.folder / "users").chmod(0o644)

    def stop(self):
        super().stop()
        os.killpg(self.backend.pid, 15)
        self.backend.wait(PATIENCE_S)


class Midway:
    """Stands before a server, on a port of its own, and hands on what both sides say. Once the server has said `after_bytes`
    in one connection it hands on nothing more of either side, and keeps both connections open; None: it hands on all."""

    def __init__(self, port, after_bytes=None):
        self.behind, self.after_bytes = port, after_bytes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.silent, self.kept = threading.Event(), []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.behind))
                self.kept += [client, server]
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
        except OSError:
            pass

    def _carry(self, client, server):
        said, other = 0, {client: server, server: client}
        try:
            while True:
                for side in select.select([client, server], [], [])[0]:
                    room = 65536 if side is client or self.after_bytes is None else self.after_bytes - said
                    piece = side.recv(min(65536, max(room, 0)))
                    said += len(piece) if side is server else 0
                    if not piece and room > 0:
                        client.close()
                        server.close()
                        return
                    if not piece:
                        self.silent.set()
                        return
                    other[side].sendall(piece)
        except (OSError, ValueError):
            client.close()
            server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.kept:
            connection.close()


class BlackHole:
    """Accepts and says `banner`, and then nothing more; or resets after it."""

    def __init__(self, banner=b"", reset=False):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.banner, self.reset, self.kept = banner, reset, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                connection.sendall(self.banner)
                if self.reset:
                    connection.close()
                else:
                    self.kept.append(connection)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.kept:
            connection.close()

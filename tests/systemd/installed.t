#!/usr/bin/env bash
# The tests on a machine that has the program already: installed, with its user and its pages, and with a daemon that
# runs for a repository of the name that the tests use. None of that is theirs, and none may notice it.
source "$(dirname "$0")/boot"
tests=(system/{check,command,completion,daemon,doctor,hooks,init,ledger-key,setup} rules/pages lib/story tour/tour)
build=$(realpath "${BUILD:-../../build}")
tree=$SYSTEMD_BOX/root/opt/tree
cp -r "$build/staged/." "$SYSTEMD_BOX/root/"
mkdir -p "$tree/build"
tar -C ../.. --exclude='./build*' --exclude-vcs -cf - . | tar -C "$tree" -xf -
cp "$build"/imprimatur{,d,-door,-askpass} "$tree/build/"
cat >"$SYSTEMD_BOX/root/opt/occupy" <<'END'
set -e
systemd-sysusers imprimatur.conf
systemd-tmpfiles --create imprimatur.conf
systemctl daemon-reload
install -d -g git -m 2775 /srv/git
git init -q --bare --shared=group -b main /srv/git/handbook.git
chgrp -R git /srv/git/handbook.git
install -d -m 700 /etc/imprimatur/handbook.credentials
echo given >/etc/imprimatur/handbook.credentials/room-url
echo '{"name": "handbook", "repository": "/srv/git/handbook.git", "signatures": "off"}' >/etc/imprimatur/handbook.json
systemctl enable --now imprimatur@handbook
echo changed >/etc/imprimatur/handbook.credentials/room-url
END
echo "1..$((${#tests[@]} + 2))"
./systemd-box exec bash /opt/occupy >&2 && echo "ok 1 - a daemon of that name runs" || echo "not ok 1 - a daemon of that name runs"
number=1
for test in "${tests[@]}"; do
    number=$((number + 1))
    said=$(./systemd-box exec BUILD=/opt/tree/build IMPRIMATUR=/opt/tree/build/imprimatur "/opt/tree/tests/$test.t" 2>&1) &&
        echo "ok $number - $test passes there" || { echo "not ok $number - $test passes there"; grep -A12 '^not ok' <<<"$said" | sed 's/^/# /'; }
done
left=$(find "$tree" -name __pycache__)
[[ -z $left ]] && echo "ok $((number + 1)) - and they leave nothing in the tree" || echo "not ok $((number + 1)) - they leave $left"

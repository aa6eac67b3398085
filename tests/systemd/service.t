#!/usr/bin/env bash
# The installed service under a real systemd. `make check-systemd` stages the installation in $BUILD/staged; here a
# box is booted on an overlay of this machine, gets it, and the story in service.py is told inside.
set -euo pipefail
cd "$(dirname "$0")"

skip() {
    echo "1..0 # SKIP $1"
    exit 0
}
[[ $(id -u) == 0 ]] || skip "booting a systemd takes root"
unshare --mount --pid --net --uts --ipc --cgroup --fork true 2>/dev/null || skip "no namespaces here"

SYSTEMD_BOX=$(mktemp -d "${TMPDIR:-/tmp}/imprimatur-box.XXXXXXXX")
export SYSTEMD_BOX
trap './systemd-box stop' EXIT
if ! ./systemd-box start >/dev/null; then
    tail -n 20 "$SYSTEMD_BOX/console.log" >&2 || true
    echo "Bail out! systemd did not come up in the box"
    exit 1
fi
cp -r "${BUILD:-../../build}/staged/." "$SYSTEMD_BOX/root/"
mkdir -p "$SYSTEMD_BOX/root/opt/tests"
cp -r ../lib ../systemd "$SYSTEMD_BOX/root/opt/tests/"
./systemd-box exec PYTHONDONTWRITEBYTECODE=1 python3 /opt/tests/systemd/service.py

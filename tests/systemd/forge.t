#!/usr/bin/env bash
# The chapter of the tutorial about forges, on a machine that is set up by nothing but its commands, under a real
# systemd; the forge is an sshd and a repository of a user git beside it.
source "$(dirname "$0")/boot"
mkdir -p "$SYSTEMD_BOX/root/opt/daemon" "$SYSTEMD_BOX/root/opt/sources"
cp -r ../tour "$SYSTEMD_BOX/root/opt/tests/"
cp -r ../../daemon/man "$SYSTEMD_BOX/root/opt/daemon/"
cp ../../README.md "$SYSTEMD_BOX/root/opt/"
cp -r "${BUILD:-../../build}/staged/." "$SYSTEMD_BOX/root/"
tell forge

#!/usr/bin/env bash
# The Debian package under a real dpkg and systemd. `make check-deb` builds it in $BUILD/deb; the story in package.py
# is told in a box.
source "$(dirname "$0")/boot"
cp -r "${BUILD:-../../build}/deb" "$SYSTEMD_BOX/root/opt/deb"
tell package /opt/deb

#!/usr/bin/env bash
# README.md and the tutorial on a machine that is set up by nothing but their commands, under a real systemd: as
# `make install` leaves it in $BUILD/staged (`make check-systemd`), or with the package in $PACKAGE (`make check-deb`).
source "$(dirname "$0")/boot"
mkdir -p "$SYSTEMD_BOX/root/opt/daemon" "$SYSTEMD_BOX/root/opt/sources/build"
cp -r ../tour "$SYSTEMD_BOX/root/opt/tests/"
cp -r ../../daemon/man "$SYSTEMD_BOX/root/opt/daemon/"
cp ../../README.md "$SYSTEMD_BOX/root/opt/"
if [[ -n ${PACKAGE:-} ]]; then
    cp -r "$PACKAGE" "$SYSTEMD_BOX/root/opt/sources/build/deb"
    tell tour package
else
    cp -r "${BUILD:-../../build}/staged/." "$SYSTEMD_BOX/root/"
    tell tour installed
fi

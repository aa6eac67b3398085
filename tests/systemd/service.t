#!/usr/bin/env bash
# The installed service under a real systemd. `make check-systemd` stages the installation in $BUILD/staged; here a
# box gets it, and the story in service.py is told inside.
source "$(dirname "$0")/boot"
cp -r "${BUILD:-../../build}/staged/." "$SYSTEMD_BOX/root/"
tell service

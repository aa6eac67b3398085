#!/usr/bin/env bash
# `imprimatur doctor` on a host where something is broken, under a real systemd; the story is in doctor.py.
source "$(dirname "$0")/boot"
cp -r "${BUILD:-../../build}/staged/." "$SYSTEMD_BOX/root/"
tell doctor

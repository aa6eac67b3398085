#!/usr/bin/env bash
# What `make setup` does on machines with and without what is wanted: with a dpkg, an apt-get and a sudo that only
# say what they were told.
set -uo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0 failures=0

claim() { # claim NAME STATUS WANTED-OUTPUT: of the last setup
    count=$((count + 1))
    if [[ $status == "$2" && $said == $3 ]]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        printf 'exit status %s\n%s\n' "$status" "$said" | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}

machine() { # machine USER-ID TOOL...: with only these tools beside the ones that every system has
    rm -rf "$scratch/bin" && mkdir "$scratch/bin"
    for tool in sh sed grep printf env; do ln -s "$(type -P "$tool")" "$scratch/bin/$tool"; done
    printf '#!/bin/sh\necho %s\n' "$1" >"$scratch/bin/id"
    printf '#!/bin/sh\ncat <<THERE\n%s\nTHERE\n' "$there" | sed "s|^cat|$(type -P cat)|" >"$scratch/bin/dpkg-query"
    printf '#!/bin/sh\necho "apt-get $*"\n' >"$scratch/bin/apt-get"
    printf '#!/bin/sh\necho "sudo:"\n"$@"\n' >"$scratch/bin/sudo"
    for tool in dpkg-query apt-get sudo; do
        [[ " $* " == *" $tool "* ]] || rm "$scratch/bin/$tool"
    done
    chmod +x "$scratch/bin/id" "$scratch"/bin/* 2>/dev/null
}

setup() { # setup LIST... [NO_INSTALL=1]: by .ci/packages on that machine
    said=$(env -i PATH="$scratch/bin" "${@:2}" sh .ci/packages $1 2>&1)
    status=$?
}

wanted=$(sed -n "/^build='/,/'\$/p" .ci/packages | tr -d "'=" | sed 's/^build//')
everything=$(for package in $wanted; do echo "installed $package"; done)

there=$everything machine 0 dpkg-query apt-get
setup build
claim "nothing is missing: nothing is said or done" 0 ""

there=$(grep -v libyaml <<<"$everything"; echo "config-files libyaml-dev") machine 0 dpkg-query apt-get
setup build
claim "root installs what is missing, and only that" 0 $'*missing: libyaml-dev\napt-get update*\napt-get install *--yes * libyaml-dev'
setup build NO_INSTALL=1
claim "NO_INSTALL names the command instead" 1 "*apt-get update && apt-get install * libyaml-dev"

there=$(grep -v libyaml <<<"$everything") machine 1000 dpkg-query apt-get sudo
setup build
claim "others do it with sudo" 0 $'*sudo:\napt-get update*sudo:\napt-get install * libyaml-dev'
there=$(grep -v libyaml <<<"$everything") machine 1000 dpkg-query apt-get
setup build
claim "or are told the command where there is none" 1 "*apt-get update && apt-get install * libyaml-dev"
setup "build test"
claim "the tests want more" 1 "*apt-get install * libyaml-dev perl *"

# The package is built, and its unit tests are run, from what it says itself.
needs=$(sed -n '/^Build-Depends:/,/^[A-Z]/s/^ \([a-z0-9.+-]*\).*/\1/p' debian/control)
said=$(for package in $wanted gpg-agent; do grep -qx "$package" <<<"$needs"$'\nbuild-essential\npython3' || echo "$package"; done)
status=0
claim "a package is built with all that a build wants, and its tests with an agent for OpenPGP" 0 ""

echo "1..$count"
exit $((failures > 0))

#!/usr/bin/env bash
# A failing test shows its reason, and none ends the others.
set -u
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0 failures=0

claim() { # claim NAME: of the last status
    if [ $? = 0 ]; then echo "ok $((++count)) - $1"; else echo "not ok $((++count)) - $1"; : $((++failures)); fi
}

make_test() { # make_test NAME STATUS: what it says is read
    { echo '#!/bin/sh'; echo "cat <<'SAID'"; cat; echo SAID; echo "exit $2"; } >"$scratch/$1"
    chmod +x "$scratch/$1"
}

make_test well.t 0 <<'SAID'
# a title
ok 1 - fine
1..1
SAID
make_test wrong.t 1 <<'SAID'
ok 1 - fine
# about what was fine
not ok 2 - the sky is green
# expected: 'green'
#   actual: 'blue'
ok 3 - fine again
1..3
SAID
make_test gives-up.t 134 <<'SAID'
1..2
ok 1 - fine
Bail out! ERROR:test-sky.c:7: assertion failed
SAID

./run-test "$scratch/well.t" >"$scratch/out" 2>"$scratch/err" && [ ! -s "$scratch/err" ] && grep -q '^ok 1 - fine' "$scratch/out"
claim "a test that passes says what it says, and nothing on standard error"
prove --exec ./run-test "$scratch/wrong.t" "$scratch/gives-up.t" "$scratch/well.t" >"$scratch/out" 2>"$scratch/err"
[ $? != 0 ]
claim "prove fails where one does"
grep -q "^wrong.t: not ok 2 - the sky is green" "$scratch/err" && grep -q "^wrong.t: #   actual: 'blue'" "$scratch/err"
claim "the reason is shown"
! grep -q "fine" "$scratch/err"
claim "and nothing of what passed"
grep -q "^gives-up.t: not ok - gave up: ERROR:test-sky.c:7" "$scratch/err"
claim "so is why one gave up"
grep -q "well.t .*ok" "$scratch/out"
claim "which does not end the others"
echo "1..$count"
exit $((failures > 0))

#!/usr/bin/env bash
# A campaign of a million executions whole, and in 2, 7 and 64 shards: in shuffled order, three lost and run again. Then a proof of
# more than a million executions whole and in 16 shards, and two shards side by side. All are compared row by row and trace by trace.
# Needs some minutes of two cores; not part of the tests. Call it from the repository's top.
set -euo pipefail
cargo build --quiet --release
program=$PWD/target/release/bohrbug
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
untimed() { sed -E 's/"seconds":[0-9.e+-]+/"seconds":0/; s/"estimate":[0-9.e+]+/"estimate":null/; s#"trace":"[a-z0-9]+/#"trace":"#'; }

# The numbers 1 to N in an order that is the same every time.
shuffled() { seq "$1" | shuf --random-source=<(yes); }

# whole NAME HUNT...: one process.
whole() {
    local name=$1 code=0
    shift
    "$program" hunt "$@" --jobs 1 --quiet --format json --traces "$name" | untimed >"$name.json" || code=$?
    echo "$code" >>"$name.json"
    echo "whole: $(head -1 "$name.json")"
}

# shards NAME N HUNT...: N processes, two at a time; three are lost and run again.
shards() {
    local name=$1 of=$2 code=0
    shift 2
    local hunt="$program hunt $* --jobs 1 --quiet --shard {}/$of --out results-$of"
    rm -rf "results-$of"
    shuffled "$of" | xargs -I{} -P2 $hunt >/dev/null
    local lost
    lost=$(shuffled "$of" | tail -3)
    for shard in $lost; do rm "results-$of/shard-$shard-of-$of.jsonl"; done
    code=0
    "$program" merge "results-$of" --traces missing >/dev/null 2>missing || code=$?
    echo "in $of shards, $(echo "$lost" | wc -l) lost (merged: $code, $(grep -c missing missing || true) warning)"
    echo "$lost" | xargs -I{} -P2 $hunt >/dev/null
    rm -rf missing
    code=0
    "$program" merge "results-$of" --format json --traces "merged-$of" | untimed >"merged-$of.json" || code=$?
    echo "$code" >>"merged-$of.json"
    cmp "$name.json" "merged-$of.json"
    diff -r "$name" "merged-$of"
    echo "in $of shards: the same row, exit code and trace; $(du -sh "results-$of" | cut -f1) of results"
}

campaign=(${CAMPAIGN:-reorder_20 --strategy random --seed 1} --executions 1000000)
mkdir whole proof
whole whole "${campaign[@]}"
for of in 2 7 64; do shards whole "$of" "${campaign[@]}"; done
proof=(${PROOF:-account --revision fixed} --strategy dfs --executions 100000000)
whole proof "${proof[@]}"
shards proof 16 "${proof[@]}"

# How long one takes, and how long two side by side.
timed() { local begun; begun=$(date +%s%N); "$@"; echo "$((($(date +%s%N) - begun) / 1000000)) ms of wall clock: $LABEL"; }
both() { "$program" hunt "${half[@]}" --shard 1/2 --out both >/dev/null & "$program" hunt "${half[@]}" --shard 2/2 --out both >/dev/null; wait; }
half=(${TIMED:-account --revision fixed --strategy pct} --executions "${TIMED_EXECUTIONS:-1000000}" --jobs 1 --quiet)
one() { "$program" hunt "${half[@]}" --shard 1/1 --out one >/dev/null; }
LABEL="one process" timed one
LABEL="two side by side" timed both

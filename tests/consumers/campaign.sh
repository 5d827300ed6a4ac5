#!/usr/bin/env bash
# A campaign of a million executions whole, and in 2, 7 and 64 shards: in shuffled order, three lost and run again. Then a proof of
# more than a million executions whole and in 16 shards, and two shards side by side. All are compared row by row and trace by trace.
# Needs some minutes of two cores; not part of the tests. Call it from the repository's top. PROGRAM names another build.
set -euo pipefail
program=${PROGRAM:-$PWD/target/release/bohrbug}
[ -n "${PROGRAM:-}" ] || cargo build --quiet --release
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
# A row without what differs from one run to the next, or is estimated by one process alone.
untimed() { sed -E 's/"seconds":[0-9.e+-]+/"seconds":0/; s/"estimate":[0-9.e+]+/"estimate":null/; s#"trace":"[a-z0-9-]+/#"trace":"#'; }

# Behaviours are estimated where a shard has seen more than 65,536.
uncounted() { sed -E 's/"(behaviours|unseen)":[^,]*/"\1":null/g'; }
counted() { grep -oE '"behaviours":[^,]*' | head -1 | tr -d '"'; }

# The numbers 1 to N in an order that is the same every time.
shuffled() { seq "$1" | shuf --random-source=<(yes); }

# whole NAME HUNT...: one process.
whole() {
    local name=$1 code=0
    shift
    "$program" hunt "$@" --jobs 1 --quiet --format json --traces "$name" | untimed >"$name.json" || code=$?
    echo "$code" >>"$name.json"
    echo "whole: $(head -1 "$name.json" | cut -c1-200)"
}

# shards NAME N HUNT...: N processes, two at a time; three are lost and run again.
shards() {
    local name=$1 of=$2 code=0
    shift 2
    local hunt="$program hunt $* --jobs 1 --quiet --shard {}/$of --out results-$of"
    rm -rf "results-$of" "merged-$of"
    mkdir "merged-$of"
    shuffled "$of" | xargs -I{} -P2 $hunt >/dev/null
    local lost
    lost=$(shuffled "$of" | tail -3)
    for shard in $lost; do rm "results-$of/shard-$shard-of-$of.jsonl"; done
    code=0
    "$program" merge "results-$of" --traces lost >/dev/null 2>said || code=$?
    echo "in $of shards, $(echo "$lost" | wc -l) of them lost: merging ends with $code: $(cut -c1-60 said | head -1)"
    echo "$lost" | xargs -I{} -P2 $hunt >/dev/null
    code=0
    "$program" merge "results-$of" --format json --traces "merged-$of" | untimed >"merged-$of.json" || code=$?
    echo "$code" >>"merged-$of.json"
    cmp <(uncounted <"$name.json") <(uncounted <"merged-$of.json")
    diff -r "$name" "merged-$of"
    echo "in $of shards: the same row, exit code and trace; $(counted <"merged-$of.json"); $(du -sh "results-$of" | cut -f1) of results"
}

campaign=(reorder_10 --strategy random --executions 1000000)
mkdir whole proof
whole whole "${campaign[@]}"
for of in 2 7 64; do shards whole "$of" "${campaign[@]}"; done
proof=(backing-image-vs-verify --revision strict --strategy dfs --executions 100000000)
whole proof "${proof[@]}"
shards proof 16 "${proof[@]}"

# How long one takes, and how long two side by side.
timed() { local begun; begun=$(date +%s%N); "$@"; echo "$((($(date +%s%N) - begun) / 1000000)) ms of wall clock: $LABEL"; }
both() { "$program" hunt "${half[@]}" --shard 1/2 --out both >/dev/null & "$program" hunt "${half[@]}" --shard 2/2 --out both >/dev/null; wait; }
half=(sctbench/account --revision fixed --strategy pct --executions 1000000 --jobs 1 --quiet)
one() { "$program" hunt "${half[@]}" --shard 1/1 --out one >/dev/null; }
LABEL="one process" timed one
LABEL="two side by side" timed both

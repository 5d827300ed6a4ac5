#!/usr/bin/env bash
# What public consumers make of a hunt's documents: sarif-tools of SARIF, junitparser of JUnit's XML.
# Needs Python 3.10 and a package index; not part of the tests. Call it from the repository's top.
set -euo pipefail
cargo build --quiet --release
program=$PWD/target/release/bohrbug
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet sarif-tools==3.0.5 junitparser==5.0.3
cd "$dir"
for format in sarif junit; do
    "$program" hunt create-vs-verify --quiet --format "$format" >"hunt.$format"
done
"$dir/venv/bin/sarif" summary hunt.sarif
"$dir/venv/bin/python" - <<'PYTHON'
from junitparser import JUnitXml
for suite in JUnitXml.fromfile("hunt.junit"):
    print(f"{suite.name}: {suite.tests} cases, {suite.failures} failures, {suite.errors} errors")
PYTHON

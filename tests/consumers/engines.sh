#!/usr/bin/env bash
# The manifest and the workflows of docs/campaigns/ against their schemas: kubernetes-validate has that of Kubernetes,
# check-jsonschema those of GitHub and GitLab.
# Needs Python 3.10 and a package index; not part of the tests. Call it from the repository's top.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet kubernetes-validate==1.37.0 check-jsonschema==0.39.0
PATH=$dir/venv/bin:$PATH
kubernetes-validate --strict docs/campaigns/kubernetes.yaml
check-jsonschema --builtin-schema vendor.github-workflows docs/campaigns/github.yml
check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci docs/campaigns/gitlab.yml
# They find mistakes.
sed 's/completionMode: Indexed/completionMode: 7/' docs/campaigns/kubernetes.yaml >"$dir/kubernetes.yaml"
sed 's/fail-fast: false/fail-fats: false/' docs/campaigns/github.yml >"$dir/github.yml"
! kubernetes-validate --strict "$dir/kubernetes.yaml" >"$dir/said" 2>&1 || exit 1
echo "a mistake is found: $(grep -o 'completionMode' "$dir/said" | head -1)"
! check-jsonschema --builtin-schema vendor.github-workflows "$dir/github.yml" >"$dir/said" 2>&1 || exit 1
echo "a mistake is found: $(grep -o 'fail-fats' "$dir/said" | head -1)"

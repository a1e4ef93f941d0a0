#!/usr/bin/env bash
# run.sh [NAME...]: the conformance cases of fixtures/conformance; the last line is "N passed, N failed".
set -eu
cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1
exec python3 tests/conformance/run.py "$@"

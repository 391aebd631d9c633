#!/bin/sh
# Checks what the compiler does not: file lengths, embedded presets, marks of unfinished work.
set -eu
cd "$(dirname "$0")/.."
status=0
fail() {
  echo "check: $1" >&2
  status=1
}

long=$(find Sources Tests -name '*.swift' ! -name EmbeddedPresets.swift -exec wc -l {} + |
  awk '$2 != "total" && $1 > 800 { print $2 " (" $1 ")" }')
[ -z "$long" ] || fail "files over 800 lines: $long"

before=$(cksum Sources/Configuration/EmbeddedPresets.swift)
LC_ALL=C sh Scripts/embed-presets.sh
[ "$before" = "$(cksum Sources/Configuration/EmbeddedPresets.swift)" ] ||
  fail "embedded presets were stale; they are written anew now: commit them"

marks=$(grep -rnE '\b(TODO|FIXME|XXX)\b|fatalError\(|try!|\bas!' --include='*.swift' Sources || true)
[ -z "$marks" ] || fail "unfinished or crashing code: $marks"

size=$(find Tests/ReferenceData -type f -exec wc -c {} + | awk '$2 == "total" { sum += $1 } END { print sum }')
[ "${size:-0}" -le 5000000 ] || fail "Tests/ReferenceData takes $size bytes; 5 MB are allowed"

# Untracked files are looked at too: what a commit of everything would take.
built=$(git ls-files --cached --others --exclude-standard | grep -E '\.(o|a|d|so|swiftmodule|swiftdoc)$' || true)
[ -z "$built" ] || fail "outputs of the compiler: $built"
big=$(git ls-files -z --cached --others --exclude-standard | xargs -0 -I{} find {} -maxdepth 0 -type f -size +1024k)
[ -z "$big" ] || fail "files over 1 MiB: $big"
exit $status

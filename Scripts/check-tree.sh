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

size=$(du -sk Tests/ReferenceData 2>/dev/null | cut -f1)
[ "${size:-0}" -le 6144 ] || fail "Tests/ReferenceData takes $size KiB"
exit $status

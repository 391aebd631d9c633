#!/bin/sh
# Writes Sources/Configuration/EmbeddedPresets.swift from the files below configs/.
set -eu
cd "$(dirname "$0")/.."
out=Sources/Configuration/EmbeddedPresets.swift
temporary=$(mktemp)
trap 'rm -f "$temporary"' EXIT
{
  echo '// Written by Scripts/embed-presets.sh from configs/; do not edit.'
  echo '// swift-format-ignore-file'
  echo
  echo '/// The YAML text of every preset, by folder and name.'
  echo 'let embeddedPresets: [String: [String: String]] = ['
  for folder in configs/*/; do
    printf '  "%s": [\n' "$(basename "$folder")"
    for file in "$folder"*.yaml; do
      [ -e "$file" ] || continue
      printf '    "%s": #"""\n' "$(basename "$file" .yaml)"
      LC_ALL=C sed 's/^/      /; s/[ ]*$//' "$file"
      printf '      """#,\n'
    done
    printf '  ],\n'
  done
  echo ']'
} >"$temporary"
cmp -s "$temporary" "$out" || cp "$temporary" "$out"

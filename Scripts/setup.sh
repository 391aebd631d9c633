#!/bin/sh
# Installs the system packages that the build needs and this machine lacks; `setup.sh slurm` those of
# the cluster test, `setup.sh chromium` those of the page test.
set -eu

missing=""
need() { # need PACKAGE FILE...: the package is missing unless one of the files is there
  package=$1
  shift
  for file in "$@"; do
    [ -e "$file" ] && return 0
  done
  missing="$missing $package"
}

charts() { # vl-convert, for the charts of reports; without it reports have tables only
  [ -e .venv/lib ] && .venv/bin/python3 -c 'import vl_convert' 2>/dev/null && return 0
  python3 -c 'import vl_convert' 2>/dev/null && return 0
  { python3 -m venv .venv && .venv/bin/pip install -q vl-convert-python==1.9.0.post1; } \
    >/dev/null 2>&1 && return 0
  echo "setup: no charts in reports: vl-convert-python could not be installed into .venv" >&2
}

if [ "${1:-}" = chromium ]; then
  command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
elif [ "${1:-}" = slurm ]; then
  need slurmctld /usr/sbin/slurmctld
  need slurmd /usr/sbin/slurmd
  need slurm-client /usr/bin/sbatch
  need munge /usr/sbin/munged
else
  cd "$(dirname "$0")/.."
  python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
fi
need libzstd-dev /usr/include/zstd.h /usr/local/include/zstd.h
need libsqlite3-dev /usr/include/sqlite3.h /usr/local/include/sqlite3.h
command -v pkg-config >/dev/null 2>&1 || missing="$missing pkg-config"

finish() { # set-up that needs no packages of the system
  [ -n "${1:-}" ] || charts
  exit 0
}

[ -n "$missing" ] || finish "${1:-}"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: missing:$missing; install them with this system's package manager" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  root="sudo -n"
else
  echo "setup: missing:$missing; installing them needs root:" >&2
  echo "  sudo apt-get update && sudo apt-get install -y$missing" >&2
  exit 1
fi
echo "setup: installing$missing" >&2
# shellcheck disable=SC2086
$root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
finish "${1:-}"

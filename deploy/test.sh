#!/usr/bin/env bash
# Runs every test of this repository and ends with "N passed, N failed". See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
Usage: deploy/test.sh [--campaigns] [--release]

Installs what the tests need and this machine lacks (redis-server, nginx, haproxy, chromium: with apt-get, as root or
with sudo; their services are not started), builds once, and runs every .NET and TypeScript test.

  --campaigns  also the slow ones: tests of category "Campaign", with HUB_CAMPAIGNS=1 set
  --release    build and test the Release configuration (default: Debug, whose assertions are tests too)
  --help       this text

Needs the .NET SDK that global.json names, and Node 20.19, or 22.12 or later. With CI=true a test that lacks a program
fails instead of being skipped. The last line printed is "N passed, N failed" (", N skipped" if any); a runner that
broke off or ran nothing counts as one failure. Exit code 0: all passed.
HELP
}

configuration=Debug
campaigns=no
for option in "$@"; do
  case $option in
    --campaigns) campaigns=yes ;;
    --release) configuration=Release ;;
    --help | -h) usage; exit 0 ;;
    *) echo "test.sh: unknown option $option" >&2; usage >&2; exit 2 ;;
  esac
done

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian keeps servers where the path of an ordinary user does not lead.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# Build servers outlive the build and would hold on to the output of whoever runs this.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

# apt-get starts what it installs unless this file says no; one that is there already is left as it is.
readonly no_services=/usr/sbin/policy-rc.d

install_packages() {
  say "Installing $*"
  has apt-get || { say "No apt-get here: install $* by hand; until then their tests are skipped"; return; }
  [ "$(id -u)" = 0 ] || has sudo || fail "installing $* needs root or sudo"
  if [ ! -e $no_services ]; then
    trap 'as_root rm -f $no_services' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $no_services >/dev/null
    as_root chmod 755 $no_services
  fi
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

install_missing() {
  local missing=()
  has redis-server || missing+=(redis-server)
  has nginx || missing+=(nginx)
  has haproxy || missing+=(haproxy)
  has chromium || has chromium-browser || has google-chrome || missing+=(chromium)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
  # Needed by one test only, which is skipped without it.
  has docker-compose || (install_packages docker-compose) || say "docker-compose cannot be installed here: its test is skipped"
}

has dotnet || fail "the .NET SDK is missing (https://dotnet.microsoft.com/download; global.json names the version)"
if ! has node || ! has npm; then fail "Node is missing (version 20.19, or 22.12 or later, with npm)"; fi
# What Vite and vitest run on.
node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)' ||
  fail "Node $(node -v) will not do; 20.19, or 22.12 or later, is needed"
install_missing

readonly results="$PWD/artifacts/test-results"
rm -rf "$results"
mkdir -p "$results"
filter='TestCategory!=Campaign'
if [ $campaigns = yes ]; then
  export HUB_CAMPAIGNS=1
  filter=''
fi

# Steps that ended with an error; the totals themselves are taken from what the runners wrote.
broken=()

npm_folders=()
for folder in Hub.Client/typescript Hub.Tests/StockClients; do
  [ -f $folder/package.json ] || continue
  say "Restoring npm packages of $folder"
  npm_folders+=("$folder")
  (cd $folder && npm ci --no-audit --no-fund) </dev/null || broken+=("npm-ci-${folder//\//-}")
done

say "Building ($configuration)"
if dotnet build Realtime.sln -c $configuration </dev/null; then
  say ".NET tests"
  dotnet test Realtime.sln -c $configuration --no-build ${filter:+--filter "$filter"} --results-directory "$results" \
    --logger 'trx;LogFilePrefix=dotnet' --logger 'console;verbosity=normal' \
    --blame-hang --blame-hang-timeout 10m --blame-hang-dump-type none </dev/null || broken+=(dotnet)
else
  broken+=(build)
fi

for folder in "${npm_folders[@]}"; do
  # StockClients has no runner of its own: its checks are cases of StockClientTests, counted above.
  grep -q '"vitest"' "$folder/package.json" || continue
  say "TypeScript tests in $folder"
  runner="vitest-${folder//\//-}"
  (cd "$folder" && npx --no-install vitest run --reporter=default --reporter=json \
    --outputFile.json="$results/$runner.json") </dev/null || broken+=("$runner")
done

say "Totals"
node deploy/test-totals.mjs "$results" "${broken[@]}"

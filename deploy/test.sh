#!/usr/bin/env bash
# Runs every test of this repository and ends with "N passed, N failed". See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
Usage: deploy/test.sh [--campaigns] [--release] [--filter EXPRESSION]

Installs what the tests need and this machine lacks (redis-server, nginx, haproxy, chromium, tmux, prometheus, sqlite3:
with apt-get, as root or with sudo; their services are not started), builds once, and runs every .NET and TypeScript test.

  --campaigns  also the slow ones: tests of category "Campaign", with HUB_CAMPAIGNS=1 set
  --release    build and test the Release configuration (default: Debug, whose assertions are tests too)
  --filter X   only the .NET tests that match, as for dotnet test: --filter "FullyQualifiedName~Redis"
  --help       this text

Redis servers of the tests run in containers (Testcontainers). A container engine that answers is used: one that needs no
setting, or the one that DOCKER_HOST names. Where none answers, root on Debian gets docker.io, iptables and iproute2 installed
and a private engine for this run, which ends with it (deploy/test-engine.sh). Elsewhere those servers are processes of
redis-server. These variables decide, here and with dotnet test alone:

  HUB_TEST_REDIS=container|process   what Redis runs in; with process no engine is looked for here
  HUB_TEST_REDIS_IMAGE=NAME          the image (default: redis:7, pulled if missing; if that fails here, one is made of
                                     Debian's redis-server by deploy/test-image.sh)
  DOCKER_API_VERSION=1.41            what an older engine speaks; set here if need be

Needs the .NET SDK that global.json names, and Node 20.19, or 22.12 or later. A test that lacks something (a program, a
container engine, npm packages, a right) is skipped with the reason; with CI=true it fails instead. The last line printed
is "N passed, N failed" (", N skipped" if any); a runner that broke off or ran nothing counts as one failure. Exit code 0:
all passed.
HELP
}

configuration=Debug
campaigns=no
only=''
while [ $# -gt 0 ]; do
  case $1 in
    --campaigns) campaigns=yes ;;
    --release) configuration=Release ;;
    --filter)
      only=${2:-}
      [ -n "$only" ] || { echo 'test.sh: --filter needs an expression, such as "FullyQualifiedName~Redis"' >&2; exit 2; }
      shift
      ;;
    --help | -h) usage; exit 0 ;;
    *) echo "test.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
case ${HUB_TEST_REDIS:-} in
  '' | container | process) ;;
  *) echo "test.sh: HUB_TEST_REDIS is \"$HUB_TEST_REDIS\": set it to container or process, or unset it" >&2; exit 2 ;;
esac

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian installs servers into folders that are not on an ordinary user's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# Build servers outlive the build and would keep the caller's output open.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

# apt-get starts what it installs unless this file forbids it; an existing file stays as it is.
readonly no_services=/usr/sbin/policy-rc.d

# In a subshell, which removes the file again.
install_packages() (
  say "Installing $*"
  has apt-get || { say "No apt-get here: install $* by hand; until then their tests cannot run"; exit 0; }
  [ "$(id -u)" = 0 ] || has sudo || fail "installing $* needs root or sudo"
  if [ ! -e $no_services ]; then
    trap 'as_root rm -f $no_services' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $no_services >/dev/null
    as_root chmod 755 $no_services
  fi
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
)

install_missing() {
  local missing=()
  has redis-server || missing+=(redis-server)
  has nginx || missing+=(nginx)
  has haproxy || missing+=(haproxy)
  has tmux || missing+=(tmux)
  has sqlite3 || missing+=(sqlite3)
  { has prometheus && has promtool; } || missing+=(prometheus)
  has chromium || has chromium-browser || has google-chrome || missing+=(chromium)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
  # Needed by one test only, and not in every distribution.
  has docker-compose || install_packages docker-compose || say "docker-compose cannot be installed here: its test cannot run"
}

readonly image=redis:7 made_image=hub-test-redis
# The oldest API version that Testcontainers requests by default.
readonly wanted_api=1.44

engine=''
end_engine() {
  [ -n "$engine" ] || return 0
  kill "$engine" 2>/dev/null || true
  wait "$engine" || true
}
trap end_engine EXIT

engine_answers() { has docker && timeout 10 docker version >/dev/null 2>&1; }

start_private_engine() {
  local missing=() folder log=$PWD/artifacts/test-engine.log
  { has dockerd && has docker; } || missing+=(docker.io)
  has iptables || missing+=(iptables)
  has ip || missing+=(iproute2)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
  has dockerd || return 0
  say "Starting a container engine for this run"
  # Not in artifacts/: the path of a socket has at most 107 bytes.
  folder=$(mktemp -d /tmp/hub-engine-XXXXXX)
  mkdir -p "$(dirname "$log")"
  # In a session of its own, so that Ctrl-C does not reach it before the tests are done with it.
  setsid bash deploy/test-engine.sh "$folder" $$ </dev/null >"$log" 2>&1 &
  engine=$!
  while [ ! -e "$folder/ready" ]; do
    kill -0 $engine 2>/dev/null || { say "It did not start; $log says why"; tail -n 3 "$log"; return 0; }
    sleep 0.1
  done
  export DOCKER_HOST=unix://$folder/docker.sock
  # Everything in this engine ends with it, so it needs no clean-up.
  export TESTCONTAINERS_RYUK_DISABLED=true
}

# Lets the tests find an engine that they can use, with an image.
prepare_containers() {
  [ "${HUB_TEST_REDIS:-}" != process ] || return 0
  if ! engine_answers; then
    [ -z "${DOCKER_HOST:-}" ] || fail "no container engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST"
    if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then
      say "No container engine answers, and only root on Linux can start a private one: Redis servers of the tests are processes (with CI=true: only if HUB_TEST_REDIS=process)"
      return 0
    fi
    start_private_engine
    engine_answers || return 0
  fi
  local api
  api=$(docker version --format '{{.Server.APIVersion}}')
  if [ "$(printf '%s\n' $wanted_api "$api" | sort --version-sort | head -n 1)" != $wanted_api ]; then
    export DOCKER_API_VERSION=${DOCKER_API_VERSION:-$api}
  fi
  [ -z "${HUB_TEST_REDIS_IMAGE:-}" ] || return 0
  if docker image inspect $image >/dev/null 2>&1 || timeout 30 docker pull --quiet $image; then return 0; fi
  say "$image cannot be pulled: making $made_image of the redis-server of this machine"
  if bash deploy/test-image.sh $made_image; then export HUB_TEST_REDIS_IMAGE=$made_image; fi
}

has dotnet || fail "the .NET SDK is missing (https://dotnet.microsoft.com/download; global.json names the version)"
if ! has node || ! has npm; then fail "Node is missing (version 20.19, or 22.12 or later, with npm)"; fi
# The runtime of Vite and vitest.
node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)' ||
  fail "Node $(node -v) will not do; 20.19, or 22.12 or later, is needed"
install_missing
prepare_containers

readonly results="$PWD/artifacts/test-results"
rm -rf "$results"
mkdir -p "$results"
filter='TestCategory!=Campaign'
if [ $campaigns = yes ]; then
  export HUB_CAMPAIGNS=1
  filter=''
fi
[ -z "$only" ] || filter="${filter:+$filter&}($only)"

# Steps that ended with an error; the totals themselves are taken from what the runners wrote.
broken=()

npm_folders=()
for folder in Hub.Client/typescript Hub.Server/Dashboard/app Hub.Tests/StockClients; do
  [ -f $folder/package.json ] || continue
  say "Restoring npm packages of $folder"
  npm_folders+=("$folder")
  node Hub.Server/Dashboard/app/restore.mjs "$folder" </dev/null || broken+=("npm-ci-${folder//\//-}")
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
  [ -z "$only" ] || break
  # StockClients has no runner of its own: its checks are cases of StockClientTests, counted above.
  grep -q '"vitest"' "$folder/package.json" || continue
  say "TypeScript tests in $folder"
  runner="vitest-${folder//\//-}"
  (cd "$folder" && npx --no-install vitest run --reporter=default --reporter=json \
    --outputFile.json="$results/$runner.json") </dev/null || broken+=("$runner")
done

say "Totals"
node deploy/test-totals.mjs "$results" "${broken[@]}"

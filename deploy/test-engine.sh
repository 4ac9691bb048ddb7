#!/usr/bin/env bash
# A container engine for one run of the tests, which ends with that run. See --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: deploy/test-engine.sh FOLDER PROCESS

Starts Debian's dockerd with a store and a socket of its own in FOLDER: DOCKER_HOST=unix://FOLDER/docker.sock. FOLDER/ready is
there once it answers. When PROCESS (an id) has ended, however that came, or on SIGTERM, it removes every container, ends the
engine and deletes FOLDER. deploy/test.sh uses it.

Other engines and the firewall of this machine are left alone: the engine has a bridge of its own, gone afterwards, and ports
are published by a process. Where no bridge can be made (no `ip`, or no right to) containers use the host's network.

Needs root on Linux, dockerd, docker. Exit code 1: it did not start, for the reason that is printed.
HELP
}

case ${1:-} in
  --help | -h) usage; exit 0 ;;
esac
[ $# = 2 ] || { usage >&2; exit 2; }
readonly folder=$1 process=$2 bridge=hub-test-$$
export DOCKER_HOST=unix://$folder/docker.sock
daemon=''

lives() { kill -0 "$1" 2>/dev/null; }

# True as soon as a command succeeds; false if it has not within so many tenths of a second.
within() {
  local tenths=$1
  shift
  while ! "$@" >/dev/null 2>&1; do
    [ $((tenths--)) -gt 0 ] || return 1
    sleep 0.1
  done
}

ended() { ! lives "$1"; }
answers_or_ended() { docker version || ended "$daemon"; }

finish() {
  trap '' TERM INT HUP
  set +e
  if [ -n "$daemon" ] && lives "$daemon"; then
    # A container that a test has frozen would delay the end by ten seconds.
    docker ps --all --quiet | xargs --no-run-if-empty docker rm --force >/dev/null
    kill "$daemon"
    within 150 ended "$daemon" || kill -9 "$daemon"
  fi
  ip link delete "$bridge" 2>/dev/null
  # What dockerd leaves mounted, the innermost first.
  awk -v folder="$folder/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | xargs --no-run-if-empty umount --lazy
  rm -rf --one-file-system "$folder"
}
trap finish EXIT
trap 'exit 0' TERM INT HUP

# 198.18.0.0/15 is set aside for tests of networks (RFC 2544), so no route of this machine leads there.
make_bridge() {
  ip link add "$bridge" type bridge && ip address add "198.18.$((RANDOM % 256)).1/24" dev "$bridge" && ip link set "$bridge" up
}

# Ignores the settings of any other engine on this machine, and does not change its firewall.
start() {
  echo '{}' >"$folder/daemon.json"
  setpriv --pdeathsig TERM dockerd --config-file "$folder/daemon.json" --host "$DOCKER_HOST" --pidfile "$folder/pid" \
    --data-root "$folder/data" --exec-root "$folder/exec" --iptables=false --ip-masq=false --ip-forward=false --bridge="$1" </dev/null &
  daemon=$!
  within 300 answers_or_ended && lives "$daemon"
}

mkdir -p "$folder"
network=none
make_bridge && network=$bridge
start $network || { [ $network != none ] && echo "No engine with a bridge: containers use the host's network." && start none; }
touch "$folder/ready"
while lives "$process" && lives "$daemon"; do
  sleep 1 &
  wait $! || true
done

#!/usr/bin/env bash
# An image of Redis without a registry: Debian's redis-server and the libraries that it needs. See --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: deploy/test-image.sh NAME

Makes a container image called NAME from the redis-server that is installed on this machine, for tests where redis:7 cannot
be pulled. It is for tests only. deploy/test.sh does it when it has to; by hand:

  deploy/test-image.sh hub-test-redis && HUB_TEST_REDIS_IMAGE=hub-test-redis dotnet test

Needs Linux, redis-server and a container engine that the docker command reaches.
HELP
}

case ${1:-} in
  --help | -h) usage; exit 0 ;;
  '' | -*) usage >&2; exit 2 ;;
esac

fail() { printf 'test-image.sh: %s\n' "$*" >&2; exit 1; }
program=$(command -v redis-server) || fail "redis-server is not installed; on Debian: apt-get install redis-server"
docker version >/dev/null || fail "no container engine answers; start one, or set DOCKER_HOST"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

add() {
  mkdir -p "$root$(dirname "$2")"
  cp -L "$1" "$root$2"
}

add "$program" /usr/bin/redis-server
for library in $(ldd "$program" | grep -o '/[^ )]*' | sort -u); do add "$library" "$library"; done
mkdir -p "$root/data" "$root/tmp"
chmod 1777 "$root/tmp"
tar -C "$root" -c . | docker import \
  --change 'WORKDIR /data' --change 'EXPOSE 6379' --change 'ENV PATH=/usr/bin' --change 'CMD ["redis-server", "--protected-mode", "no"]' - "$1"

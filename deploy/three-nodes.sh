#!/usr/bin/env bash
# Three nodes, their Redis and a round-robin nginx on this machine, in one command. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
Usage: deploy/three-nodes.sh [--port N] [--server Hub.Server.dll]

Builds the server and starts redis-server, three nodes and nginx, all on this machine; Ctrl-C ends them all. What they
store is gone then: this is for trying it out.

  --port N      nginx listens there, on loopback; the nodes and Redis take the four ports behind it (default: 5080)
  --server DLL  a server that is built already
  --help        this text

Needs the .NET SDK (or runtime, with --server), redis-server and nginx.
HELP
}

port=5080
server=
while [ $# -gt 0 ]; do
  case $1 in
    --port) port=${2:?--port needs a number}; shift 2 ;;
    --server) server=${2:?--server needs a path}; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) echo "three-nodes.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done

# Debian installs servers into folders that are not on an ordinary user's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
for program in dotnet redis-server nginx; do
  command -v $program >/dev/null || { echo "three-nodes.sh: $program is missing" >&2; exit 1; }
done

if [ -z "$server" ]; then
  dotnet build Hub.Server -c Release -v q
  server=Hub.Server/bin/Release/net10.0/Hub.Server.dll
fi
[ -f "$server" ] || { echo "three-nodes.sh: there is no $server" >&2; exit 1; }

readonly work=$(mktemp -d)
# nginx's workers may run as another user.
chmod 755 "$work"
children=()

finish() {
  trap '' INT TERM
  # The nodes first: they drain while their Redis is still there.
  for child in "${children[@]:1}" "${children[@]:0:1}"; do kill "$child" 2>/dev/null && wait "$child" || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
  local name=$1
  shift
  "$@" </dev/null >"$work/$name.log" 2>&1 &
  children+=($!)
}

await() {
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    for child in "${children[@]}"; do
      kill -0 "$child" 2>/dev/null || { echo "three-nodes.sh: a process ended instead of getting ready:" >&2; tail -n 20 "$work"/*.log >&2; exit 1; }
    done
    sleep 0.2
  done
  echo "three-nodes.sh: $what did not get ready:" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}

# bash opens the connection itself: curl may be missing.
answers() ( exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]] )

readonly redis=$((port + 4))
start redis redis-server --port $redis --bind 127.0.0.1 --dir "$work" --save '' --appendonly yes --appendfsync always --maxmemory-policy noeviction

# One key for all: a token is good on every node.
Hub__Auth__SigningKey=$(head -c 36 /dev/urandom | base64)
export Hub__Auth__SigningKey ASPNETCORE_ENVIRONMENT=Development ConnectionStrings__Redis="127.0.0.1:$redis" Hub__Drain__Duration=00:00:01
for n in 1 2 3; do
  address=http://127.0.0.1:$((port + n))
  Hub__Node__Address=$address start "node$n" dotnet "$server" --urls "$address"
done

sed -e "s/listen 8080/listen 127.0.0.1:$port/" \
  -e "s/hub1:8080/127.0.0.1:$((port + 1))/; s/hub2:8080/127.0.0.1:$((port + 2))/; s/hub3:8080/127.0.0.1:$((port + 3))/" \
  deploy/nginx.conf >"$work/nginx.conf"
start nginx nginx -p "$work" -c "$work/nginx.conf" -g 'daemon off;'

for n in 0 1 2 3; do await "port $((port + n))" answers $((port + n)); done

cat <<READY
Ready: http://localhost:$port — every request goes to the next of three nodes. Ctrl-C ends all.

  token() { curl -s http://localhost:$port/dev/token -H 'Content-Type: application/json' -d "\$1" | sed 's/.*"accessToken":"\([^"]*\)".*/\1/'; }
  curl -N http://localhost:$port/api/notifications -H 'Accept: text/event-stream' -H "Authorization: Bearer \$(token '{"user":"alice"}')"
  curl http://localhost:$port/api/notifications -H 'Content-Type: application/json' -H "Authorization: Bearer \$(token '{"user":"shop","roles":["publisher"]}')" \\
    -d '{"to":{"users":["alice"]},"type":"order.created","orderId":"1"}'

The nodes: http://localhost:$((port + 1)), :$((port + 2)), :$((port + 3)); their logs: $work/node*.log; nginx: $work/nginx.log
READY

# If one process ends by itself, the rest are stopped.
wait -n "${children[@]}" || true
echo "three-nodes.sh: a process has ended:" >&2
tail -n 20 "$work"/*.log >&2
exit 1

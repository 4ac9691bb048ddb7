#!/usr/bin/env bash
# Makes docs/pictures/desktop.svg of the real screen: starts a server with the demo, and the sample in tmux; cuts the link and
# catches up. Needs a build (dotnet build Realtime.sln), tmux and Node.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

address=http://localhost:${PORT:-5080}
folder=$(mktemp -d)
server=''
end() {
  tmux -S "$folder/tmux" kill-server 2>/dev/null || true
  [ -z "$server" ] || { kill "$server"; wait "$server" || true; }
  rm -rf "$folder"
}
trap end EXIT
screen() { tmux -u -S "$folder/tmux" "$@"; }
shows() {
  for _ in $(seq 600); do
    screen capture-pane -p | grep -q "$1" && return
    sleep 0.1
  done
  echo "picture.sh: the screen does not show '$1':" >&2
  screen capture-pane -p >&2
  exit 1
}
# How many orders have come.
count() { screen capture-pane -p | sed -n 's/[^0-9]*\([0-9]*\) came.*/\1/p'; }
more() {
  local enough=$(($(count) + $1))
  until [ "$(count)" -ge $enough ]; do sleep 0.2; done
}

ASPNETCORE_ENVIRONMENT=Development dotnet Hub.Server/bin/Debug/net10.0/Hub.Server.dll --urls "$address" \
  --Hub:DataPath="$folder/data" >"$folder/server.log" 2>&1 &
server=$!
until curl -sf "$address/health/ready" >/dev/null; do
  kill -0 $server || { cat "$folder/server.log" >&2; exit 1; }
  sleep 0.2
done
screen -f /dev/null new-session -d -x 110 -y 26 -e COLORTERM=truecolor -e LANG=C.UTF-8 \
  -- dotnet Hub.Client/samples/Desktop/bin/Debug/net10.0/Desktop.dll --server "$address"
shows 'Live'
more 8
screen send-keys a
shows 'Acknowledged'
screen send-keys c
shows 'Cut'
sleep 12
screen send-keys c
shows 'Live'
shows '[1-9][0-9]* unread'
more 3
mkdir -p docs/pictures
screen capture-pane -e -p | node Hub.Tests/Samples/picture.mjs >docs/pictures/desktop.svg
screen capture-pane -p

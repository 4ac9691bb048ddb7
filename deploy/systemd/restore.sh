#!/usr/bin/env bash
# Puts a back-up in the place of the embedded store of a node that is stopped. See --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: restore.sh BACKUP_FILE DATA_FOLDER

Replaces DATA_FOLDER/realtime.db by a copy of BACKUP_FILE, after checking it. The store that was there, and session-keys,
are moved to DATA_FOLDER/before-restore-YYYYMMDDTHHMMSSmmmZ (UTC): delete that folder when it is not needed any more.
The node must be stopped, and DATA_FOLDER must exist. What the back-up lacks is lost:

  * Readers that had received more than it holds get a gap with the reason "reset".
  * Publishes after it are gone, with their idempotency keys: publishers may repeat them.
  * Users disconnected by an operator after it must be disconnected again.
  * Browser sessions all end, because the back-up does not know who signed out after it. Pages sign in again.

Needs the program sqlite3 (Debian: the package sqlite3).
HELP
}

fail() { printf 'restore.sh: %s\n' "$*" >&2; exit 1; }

case ${1:-} in
  --help | -h) usage; exit 0 ;;
esac
[ $# = 2 ] || { usage >&2; exit 2; }
backup=$1
data=$2
command -v sqlite3 >/dev/null || fail 'the program sqlite3 is missing: apt-get install sqlite3'
[ -f "$backup" ] || fail "there is no back-up $backup"
[ -d "$data" ] || fail "there is no folder $data: start the node once, then stop it"

umask 077
# The lock that a node holds while it runs. Held here, it keeps a node from starting meanwhile.
exec 9>>"$data/realtime.lock" || fail "cannot write to the folder $data"
flock -n 9 || fail "a node uses $data: stop it first (systemctl stop realtime-hub)"

draft=$data/.restore.draft
trap 'rm -f "$draft"*' EXIT
rm -f "$draft"*
cp "$backup" "$draft" || fail "$backup cannot be copied to $data. The store is untouched"
check=$(sqlite3 -batch -bail "$draft" 'PRAGMA integrity_check(1)') ||
  fail "$backup cannot be read; sqlite3 says why. The store is untouched"
[ "$check" = ok ] || fail "$backup is damaged: $check. The store is untouched"
count=$(sqlite3 -batch -bail "$draft" 'SELECT count(*) FROM entries') ||
  fail "$backup is no back-up of this server. The store is untouched"
chmod 600 "$draft"
sync "$draft"

before=$data/before-restore-$(date -u +%Y%m%dT%H%M%S%3NZ)
mkdir "$before"
# The write-ahead log belongs to the old store: beside the new one it would damage it.
for old in realtime.db realtime.db-wal realtime.db-shm session-keys; do
  [ ! -e "$data/$old" ] || mv "$data/$old" "$before/"
done
mv "$draft" "$data/realtime.db"
# If root runs this, the node's user must be able to write.
chown -R --reference="$data" "$data/realtime.db" "$data/realtime.lock" "$before" ||
  fail "$data/realtime.db is restored, but belongs to another user than $data: chown it"
sync "$data"
printf '%s: %s notifications from %s. What was there is in %s\n' "$data/realtime.db" "$count" "$backup" "$before"

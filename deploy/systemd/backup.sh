#!/usr/bin/env bash
# Backs up the embedded store of a node, which may run and be published to meanwhile. See --help.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: backup.sh DATA_FOLDER BACKUP_FOLDER [--keep N]

Writes BACKUP_FOLDER/realtime-YYYYMMDDTHHMMSSmmmZ.db (UTC), a consistent copy of DATA_FOLDER/realtime.db: it has every
notification that was answered 202 before the back-up began. The copy is checked and on disk before it gets its name.
Then all but the newest N back-ups (default: 7) are removed. After an error no back-up is removed.

Needs the program sqlite3 (Debian: the package sqlite3), 3.27 or later. The user must be able to write to both folders:
readers of a store write to realtime.db-shm. session-keys, beside the store, is not backed up: it holds secrets, and
without it pages sign in again.
HELP
}

fail() { printf 'backup.sh: %s\n' "$*" >&2; exit 1; }

keep=7
folders=()
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=${2:-}; shift ;;
    --help | -h) usage; exit 0 ;;
    -*) printf 'backup.sh: unknown option %s\n' "$1" >&2; usage >&2; exit 2 ;;
    *) folders+=("$1") ;;
  esac
  [ $# = 0 ] || shift
done
[ ${#folders[@]} = 2 ] || { usage >&2; exit 2; }
[[ $keep =~ ^[1-9][0-9]{0,3}$ ]] || { printf 'backup.sh: --keep needs a number from 1 to 9999\n' >&2; exit 2; }

store=${folders[0]}/realtime.db
backups=${folders[1]}
command -v sqlite3 >/dev/null || fail 'the program sqlite3 is missing: apt-get install sqlite3'
[ -f "$store" ] || fail "there is no store at $store: DATA_FOLDER is the node's Hub:DataPath"

# Only the owner may read what users were sent.
umask 077
mkdir -p "$backups" || fail "cannot make the folder $backups"
exec 9>"$backups/.lock" || fail "cannot write to the folder $backups"
flock -n 9 || fail "another back-up to $backups is running"

# A back-up that was killed has left its draft.
rm -f "$backups"/.realtime-*.draft*
name=realtime-$(date -u +%Y%m%dT%H%M%S%3NZ).db
draft=$backups/.$name.draft
trap 'rm -f "$draft"*' EXIT

# A path within quotes of SQL has its own quotes doubled.
quote="'"
# The time-out, in ms, is for the moments in which the node has the file locked: when it starts and when it ends.
sqlite3 -batch -bail -cmd '.timeout 10000' "$store" "VACUUM INTO '${draft//$quote/$quote$quote}'" >/dev/null ||
  fail "$store cannot be copied to $backups; sqlite3 says why. Earlier back-ups are untouched"
check=$(sqlite3 -batch -bail "$draft" 'PRAGMA integrity_check(1)') || fail "the copy of $store cannot be read"
[ "$check" = ok ] || fail "the copy of $store is damaged: $check. Earlier back-ups are untouched"
count=$(sqlite3 -batch -bail "$draft" 'SELECT count(*) FROM entries') || fail "$store is no store of this server"

# SQLite does not flush a file that VACUUM INTO writes.
sync "$draft" || fail "$draft cannot be flushed to disk"
mv "$draft" "$backups/$name"
sync "$backups"

# Sorted by name, which is by time.
mapfile -t all < <(cd "$backups" && printf '%s\n' realtime-????????T?????????Z.db)
for old in "${all[@]::$((${#all[@]} > keep ? ${#all[@]} - keep : 0))}"; do
  rm -f "$backups/$old"
done
printf '%s: %s notifications, %s bytes\n' "$backups/$name" "$count" "$(stat -c %s "$backups/$name")"

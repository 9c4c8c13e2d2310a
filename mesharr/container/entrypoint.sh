#!/bin/sh
# Starts mesharr in its container, and runs its commands there: without arguments the daemon, else
# the command that is named. Started as root it becomes PUID:PGID first, so that `docker exec` makes
# no file that the daemon cannot write; with `--user` it stays who it is. The root may be read-only.
#
#   PUID, PGID   whom to become (default: 1000, 1000)
#   UMASK        the mode bits that new files do not get (default: 022)
#   TZ           the time zone of the log and of the schedule
set -eu

program=${MESHARR_PROGRAM:-/opt/mesharr/bin/mesharr}
config=${MESHARR_CONFIG_DIR:-/config}
uid=${PUID:-1000}
gid=${PGID:-1000}

fail() {
    echo "mesharr: $1" >&2
    exit 2
}

for id in "$uid" "$gid"; do
    case $id in
        '' | *[!0-9]*) fail "PUID and PGID must be numbers, not '$id'" ;;
    esac
done
case ${UMASK:-022} in
    *[!0-7]*) fail "UMASK must be octal, such as 022, not '$UMASK'" ;;
esac
umask "${UMASK:-022}"

[ $# -gt 0 ] || set -- run

if [ "$(id -u)" != 0 ] || [ "$uid" = 0 ]; then
    [ -w "$config" ] ||
        echo "mesharr: $config cannot be written by $(id -u):$(id -g): on the host, chown $(id -u):$(id -g) its folder" >&2
    exec "$program" "$@"
fi

# The config dir alone: a library is never touched.
if [ -d "$config" ]; then
    find "$config" \( ! -user "$uid" -o ! -group "$gid" \) -exec chown -h "$uid:$gid" {} + ||
        echo "mesharr: $config cannot be given to $uid:$gid; going on" >&2
fi
export HOME="$config"
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$program" "$@"

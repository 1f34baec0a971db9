#!/bin/sh
# drop-usage-file.sh FILE SPOOL: hands a finished usage file to Packwarden, whole or not at all (docs/PRODUCERS.md).
# Ends with 0 when it is handed over; 1 when that is not certain (run it again); 2 when FILE or SPOOL is none.
set -eu
refuse() { printf 'drop-usage-file.sh: %s\n' "$1" >&2 && exit 2; }
[ $# -eq 2 ] && [ -f "$1" ] && [ -d "$2/incoming" ] || refuse 'usage: drop-usage-file.sh FILE SPOOL'
name=${1##*/} stem=${1##*/} && stem=${stem%.gz} && [ "$stem" != "$name" ] || stem=${stem%.zst}
case $name in .*) refuse "a name that begins with a dot is left alone: $name" ;; esac
case $stem in *.csv | *.ndjson | *.jsonl) ;; *) refuse "not the ending of a usage file: $name" ;; esac
hidden=$(mktemp -- "$2/incoming/.drop-XXXXXXXXXX") || exit 1
trap 'rm -f -- "$hidden"' EXIT
{ cat <"$1" >"$hidden" && chmod 640 -- "$hidden" && sync -- "$hidden"; } || exit 1
ln -T -- "$hidden" "$2/incoming/$name" || exit 1 # appears whole and at once, never over another file
sync -- "$2/incoming" || exit 1

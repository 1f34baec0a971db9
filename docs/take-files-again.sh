#!/bin/bash
# take-files-again.sh SPOOL FROM UNTIL INTO: copies the usage files that SPOOL claimed from FROM on and before UNTIL into
# INTO/retry, as they came and under their claims, for a daemon whose spool is INTO (docs/OPERATIONS.md, "Without the binary
# log"). FROM and UNTIL are instants as date(1) reads them. Nothing of SPOOL is changed. Status 1: some file could not be
# copied as it came; the others are there.
set -euo pipefail

die() { printf 'take-files-again.sh: %s\n' "$*" >&2; exit 2; }

(($# == 4)) || die 'usage: take-files-again.sh SPOOL FROM UNTIL INTO'
spool=$1 into=$4
[[ -d $spool/done && -d $spool/receipts ]] || die "$spool is no spool"
if [[ ! -d $into/retry ]]; then
  mkdir -p -m 750 "$into/retry"
  chown --reference="$spool/done" "$into/retry" # the daemon renames files in it
fi
# As claims are written, so that they compare as text.
from=$(date -u -d "$2" +%Y%m%dT%H%M%S.%6NZ) || die "no instant: $2"
until=$(date -u -d "$3" +%Y%m%dT%H%M%S.%6NZ) || die "no instant: $3"

digest_of() { sha256sum | cut -d ' ' -f 1; }

copied=0 left=0
while IFS= read -r -d '' path; do
  entry=${path##*/} claim=${path##*/}
  claim=${claim:0:28}
  [[ $claim =~ ^[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[0-9]{4}$ ]] || continue
  [[ $claim < $from || ! $claim < $until ]] && continue
  # What it was when it came: files of done/ are packed there, and a name alone does not tell.
  receipts=("$spool/receipts/$claim".*.json)
  digest=$(jq -r .digest "${receipts[0]}") || digest=
  digest=${digest#sha256:}
  begun=$into/retry/.begun
  if [[ -n $digest && $(digest_of <"$path") == "$digest" ]]; then
    cp "$path" "$begun"
  elif [[ -n $digest && $entry == *.zst && $(zstd -qdc "$path" | digest_of) == "$digest" ]]; then
    zstd -qdcf "$path" >"$begun"
    entry=${entry%.zst}
  else
    printf 'not as its receipt says, or without one: %s\n' "$path" >&2
    left=$((left + 1))
    continue
  fi
  chown --reference="$path" "$begun"
  chmod --reference="$path" "$begun" # whatever the umask here: the daemon has to read it
  mv -f "$begun" "$into/retry/$entry"
  copied=$((copied + 1))
done < <(find "$spool/done" "$spool/failed" -type f -print0 | sort -z)
printf '%s files, claimed from %s on and before %s\n' "$copied" "$from" "$until"
((left == 0))

#!/bin/bash
# Tells the program what it must know: connection strings from the files of /run/secrets, its name and its address from the container.
set -euo pipefail

for file in /run/secrets/ConnectionStrings__*; do
  [ -f "$file" ] || continue
  export "$(basename "$file")=$(cat "$file")"
done

address=$(hostname -i | cut -d' ' -f1)
export Name="${Name:-${PROGRAM,,}-$(hostname)}"
export SiloAddress="${SiloAddress:-$address}"
if [ -n "${HttpPort:-}" ]; then export Http="${Http:-http://$address:$HttpPort}"; fi
exec dotnet "/app/$PROGRAM.dll"

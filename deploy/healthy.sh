#!/bin/bash
# healthy tcp PORT: something listens. healthy http PORT PATH: it answers 200. The image has no curl.
set -euo pipefail
address=$(hostname -i | cut -d' ' -f1)
exec 3<>"/dev/tcp/$address/$2"
[ "$1" = http ] || exit 0
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$3" >&3
IFS= read -r line <&3
[[ $line == *" 200 "* ]]

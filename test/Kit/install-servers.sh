#!/bin/sh
# Installs the servers that the tests start privately: RabbitMQ and PostgreSQL. On Debian and its children by apt, without
# questions and without starting a service; elsewhere it names what is missing and stops. With them comes eatmydata, which
# spares tests the waiting for the disk (they kill processes, never the machine); without it they only take longer.
set -eu

missing=""
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null 2>&1 || missing="$missing rabbitmq-server"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
if [ -z "$missing" ]; then
    if ! command -v eatmydata >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        { apt-get install -y -q --no-install-recommends eatmydata || { apt-get update -q && apt-get install -y -q --no-install-recommends eatmydata; }; } >/dev/null 2>&1 || true
    fi
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing. Install them with your package manager (for example: brew install rabbitmq postgresql; dnf install rabbitmq-server postgresql-server)." >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
if [ -n "$sudo" ] && ! sudo -n true 2>/dev/null; then
    echo "Missing:$missing. Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi

# Debian starts what it installs unless a policy says no. The tests run servers of their own, so nothing may start.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod +x "$policy"
    trap '$sudo rm -f "$policy"' EXIT
fi
$sudo apt-get update -q
# shellcheck disable=SC2086 -- the list of packages is meant to be split
$sudo env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing eatmydata

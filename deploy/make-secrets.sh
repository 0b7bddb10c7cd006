#!/bin/bash
# Makes deploy/secrets: every password, key and connection string of orleans-cluster.yml. What is there stays as it is.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
# The folder keeps others out; the files themselves are read by the containers' own accounts.
mkdir -p secrets
cd secrets
keep() { [ -s "$1" ] || printf '%s' "$2" >"$1"; chmod 644 "$1"; }
random() { openssl rand -hex 24; }

services="catalog cart inventory order payment customer"
keep postgres "$(random)"
keep operator-token "$(openssl rand -hex 32)"
keep master.key "$(openssl rand -base64 32)"
keep gateway.key "$(openssl rand -hex 32)"
for service in $services analytics gateway cluster; do
  keep "database_$service" "$(random)"
  keep "connection_$service" "Host=postgres;Port=5432;Database=commerce_$service;Username=commerce_$service;Password=$(cat "database_$service")"
done

users= vhosts= rights=
# RabbitMQ's format of a password: base64 of four bytes of salt and the SHA-256 of salt and password.
hash() {
  local salt; salt=$(openssl rand -hex 4)
  { printf '%b' "$(sed 's/../\\x&/g' <<<"$salt")"; { printf '%b' "$(sed 's/../\\x&/g' <<<"$salt")"; printf '%s' "$1"; } | openssl dgst -sha256 -binary; } | openssl base64 -A
}
user() { users="$users${users:+,}{\"name\":\"$1\",\"password_hash\":\"$(hash "$2")\",\"hashing_algorithm\":\"rabbit_password_hashing_sha256\",\"tags\":\"\"}"; }
right() { rights="$rights${rights:+,}{\"user\":\"$1\",\"vhost\":\"$2\",\"configure\":\"$3\",\"write\":\"$4\",\"read\":\".*\"}"; }

[ -s broker_definitions ] && exit 0
# Passwords and definitions belong together: half of them is none.
rm -f broker_*
for service in $services; do
  password=$(random)
  keep "broker_$service" "amqp://$service:$password@rabbitmq:5672/commerce-$service"
  user "$service" "$password"
  vhosts="$vhosts${vhosts:+,}{\"name\":\"commerce-$service\"}"
  right "$service" "commerce-$service" '.*' '.*'
done
password=$(random)
user analytics "$password"
for service in order inventory; do
  keep "broker_analytics_$service" "amqp://analytics:$password@rabbitmq:5672/commerce-$service"
  # It reads what it follows and writes to dead letters; it declares nothing and publishes to nobody's exchange.
  right analytics "commerce-$service" '^$' '\\.dead$'
done
keep broker_definitions "{\"users\":[$users],\"vhosts\":[$vhosts],\"permissions\":[$rights]}"

#!/bin/bash
# Runs once, when the server's data is new: one database and one login per service, with rights on nothing else.
set -euo pipefail
for service in catalog cart inventory order payment customer analytics gateway cluster; do
  name="commerce_$service"
  psql -v ON_ERROR_STOP=1 -U postgres -d postgres -v name="$name" -v secret="$(cat "/run/secrets/database_$service")" <<'SQL'
create role :"name" with login password :'secret';
create database :"name" owner :"name" encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0;
revoke all on database :"name" from public;
SQL
done

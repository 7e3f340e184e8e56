#!/bin/bash
# Runs once, when the volume of PostgreSQL is empty: a role and a database for Booksy Sync, and those of Temporal.
# Neither role reaches the other's database.
set -euo pipefail

: "${BOOKSY_SYNC_PASSWORD:?}" "${TEMPORAL_PASSWORD:?}"

psql --no-psqlrc --set=ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres \
  --set=booksy_password="$BOOKSY_SYNC_PASSWORD" --set=temporal_password="$TEMPORAL_PASSWORD" <<'SQL'
CREATE ROLE booksy LOGIN PASSWORD :'booksy_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE booksy_sync OWNER booksy;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE booksy_sync, temporal, temporal_visibility FROM PUBLIC;
SQL

# What the migrations need and only a superuser may be asked for everywhere; the statement counter helps to look.
psql --no-psqlrc --set=ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname booksy_sync <<'SQL'
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SQL

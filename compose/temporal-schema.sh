#!/bin/sh
# Brings Temporal's two databases to the schema of its server. Runs before each start of it; safe to repeat.
set -eu

: "${POSTGRES_SEEDS:?}" "${POSTGRES_USER:?}" "${SQL_PASSWORD:?}"
schema="${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema}/postgresql/v12"

tool() {
  database="$1"
  shift
  temporal-sql-tool --plugin postgres12 --endpoint "$POSTGRES_SEEDS" --port "${DB_PORT:-5432}" \
    --user "$POSTGRES_USER" --database "$database" "$@"
}

tool temporal setup-schema --version 0.0
tool temporal update-schema --schema-dir "$schema/temporal/versioned"
tool temporal_visibility setup-schema --version 0.0
tool temporal_visibility update-schema --schema-dir "$schema/visibility/versioned"

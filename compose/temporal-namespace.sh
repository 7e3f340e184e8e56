#!/bin/sh
# Makes the namespace of the workflows as the product needs it: closed ones stay readable for 30 days, and admins find
# them by our search attributes. Runs before each start of worker and API; safe to repeat, only adds.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}"
RETENTION=30d
ATTRIBUTES="BooksySyncBusiness BooksySyncKind BooksySyncPhase"

tries=0
until temporal operator cluster health >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS did not become healthy in a minute." >&2
    exit 1
  fi
  sleep 1
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# A fresh namespace is known to all parts of the server only after a moment.
tries=0
until known="$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" 2>&1)"; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "$known" >&2
    exit 1
  fi
  sleep 1
done
for name in $ATTRIBUTES; do
  case "$known" in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword ;;
  esac
done
echo "namespace $TEMPORAL_NAMESPACE is ready"

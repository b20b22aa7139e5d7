#!/bin/sh
# PREPARE=1 (one container only): tables, static files, signer and catalogue before the command starts.
set -eu
if [ "${PREPARE:-0}" = 1 ]; then
    python manage.py prepare
fi
exec "$@"

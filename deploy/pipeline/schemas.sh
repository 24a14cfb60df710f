#!/usr/bin/env bash
# schemas.sh ENVIRONMENT: what the environment's registry says of the schemas; 1 when one may not follow.
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

load "${1:-}"
if [ -z "$SCHEMA_REGISTRY_URL" ]; then
  skipped "schemas against the registry of $environment. SCHEMA_REGISTRY_URL is not set in deploy/pipeline/settings/$environment.env; the migrations Job will ask it."
  exit 0
fi
npm run --silent schemas -- diff --url "$SCHEMA_REGISTRY_URL"

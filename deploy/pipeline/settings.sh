#!/usr/bin/env bash
# settings.sh ENVIRONMENT: its settings, each a line NAME=value, when all of them are valid.
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

load "${1:-}"
for name in "${settings[@]}"; do
  echo "$name=${!name}"
done

#!/usr/bin/env bash
# smoke-test.sh ENVIRONMENT: `make smoke` at its edge. Its token is SMOKE_TOKEN, or what the API's issuer gives for the identity of this run
# (RFC 7523, 2.2): nobody keeps a password.
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

load "${1:-}"

# What the pipeline's server says of who runs here, to the issuer alone.
identity() {
  if [ -n "${IDENTITY_TOKEN_FILE:-}" ]; then
    cat "$IDENTITY_TOKEN_FILE"
  elif [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
    curl --fail --silent --show-error --get --data-urlencode "audience=$TOKEN_URL" \
      --header @- "$ACTIONS_ID_TOKEN_REQUEST_URL" <<<"Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" | field value
  else
    fail "Nobody says who runs here: neither IDENTITY_TOKEN_FILE nor ACTIONS_ID_TOKEN_REQUEST_URL is set, nor SMOKE_TOKEN instead."
  fi
}

field() {
  # shellcheck disable=SC2016 # It is JavaScript's ${}.
  FIELD=$1 node -e 'const text = JSON.parse(require("node:fs").readFileSync(0, "utf8"))[process.env.FIELD];
    if (typeof text !== "string") throw new Error(`There is no ${process.env.FIELD} in the answer.`);
    process.stdout.write(text)'
}

if [ -z "${SMOKE_TOKEN:-}" ] && [ -n "$TOKEN_URL" ]; then
  need curl 'it asks the issuer for a token.'
  assertion=$(identity)
  SMOKE_TOKEN=$(
    printf %s "$assertion" | curl --fail --silent --show-error "$TOKEN_URL" --data-urlencode "client_id=$TOKEN_CLIENT" --data grant_type=client_credentials \
      --data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
      --data-urlencode client_assertion@- | field access_token
  )
  export SMOKE_TOKEN
fi
exec npm run --silent smoke -- --url "$URL"

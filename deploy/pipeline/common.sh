# shellcheck shell=bash
# Sourced by the scripts beside it. They run in the repository's root.
set -euo pipefail

# What targets leave for each other, and for whoever reads the run.
reports=${REPORTS:-reports}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Loud, and never taken for a check that has passed.
skipped() {
  printf 'SKIPPED, NOT PASSED: %s\n' "$*" >&2
}

# need TOOL WHY
need() {
  command -v "$1" >/dev/null || fail "There is no $1 on this machine: $2"
}

# valid NAME VALUE: whether a setting is what it should be; says what that is.
valid() {
  local account='[0-9]{12}' partition='arn:aws(-[a-z]+)*' region='[a-z]{2}(-[a-z]+)+-[0-9]' pattern example
  case $1 in
    AWS_REGION) pattern=$region example=eu-central-1 ;;
    AWS_ROLE_ARN) pattern="$partition:iam::$account:role/[A-Za-z0-9+=,.@_/-]+" example=arn:aws:iam::222222222222:role/commerce-staging-ci ;;
    AWS_PLAN_ROLE_ARN) pattern="($partition:iam::$account:role/[A-Za-z0-9+=,.@_/-]+)?" example='the ARN of a role, or nothing' ;;
    CLUSTER) pattern='[A-Za-z0-9][A-Za-z0-9_-]{0,99}' example=commerce-staging ;;
    REPOSITORY) pattern="$account\.dkr\.ecr\.$region\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*" example=222222222222.dkr.ecr.eu-central-1.amazonaws.com/order-processing ;;
    SIGNING_KEY) pattern="($partition:kms:$region:$account:(key|alias)/[A-Za-z0-9/_-]+)?" example='the ARN of a key, or nothing' ;;
    URL) pattern='https?://[A-Za-z0-9.-]+(:[0-9]+)?' example=https://staging.shop.example ;;
    TOKEN_URL) pattern='(https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._/-]+)?' example='the URL of an endpoint for tokens, or nothing' ;;
    TOKEN_CLIENT) pattern='[A-Za-z0-9._:/@-]*' example='the id of a client, or nothing' ;;
    SCHEMA_REGISTRY_URL) pattern='(https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]*)?)?' example='the URL of a registry, or nothing' ;;
    *)
      echo "$1 is no setting of the pipeline." >&2
      return 1
      ;;
  esac
  [[ $2 =~ ^$pattern$ ]] || {
    echo "$1=$2 is not valid: it must read like $example." >&2
    return 1
  }
}

# load ENVIRONMENT: reads its settings, none of which is ever run as a command, and exports them.
load() {
  local file name value wrong=0
  case ${1:-} in
    staging | prod) ;;
    *) fail "ENVIRONMENT=${1:-} is not valid: it must be staging or prod." ;;
  esac
  file=${SETTINGS:-deploy/pipeline/settings}/$1.env
  settings=()
  while IFS='=' read -r name value; do
    case $name in '' | '#'*) continue ;; esac
    value=${!name-$value}
    valid "$name" "$value" || wrong=1
    export "$name=$value"
    settings+=("$name")
  done <"$file"
  [ "$wrong" -eq 0 ] || fail "Settings of $1 come from $file and from the environment."
  # shellcheck disable=SC2034 # For the script that sources this one.
  environment=$1
  folder=$reports/$1
  mkdir -p "$folder"
}

# digest DIGEST: what the image is named by from its build to production. A tag could come to mean another image.
digest() {
  [[ ${1:-} =~ ^sha256:[0-9a-f]{64}$ ]] || fail "DIGEST=${1:-} is not valid: it must be sha256: and 64 hexadecimal digits."
  echo "$1"
}

login() {
  need aws 'it logs in to the registry (AWS CLI 2).'
  local password
  password=$(aws ecr get-login-password --region "$AWS_REGION")
  "$1" login --username AWS --password-stdin "${REPOSITORY%%/*}" <<<"$password"
}

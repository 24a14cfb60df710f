#!/usr/bin/env bash
# infrastructure.sh validate: what Terraform says of the environments without an account.
# infrastructure.sh plan ENVIRONMENT: fails when the account is not what the code says; nothing is changed.
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

need terraform 'install the version that infra/terraform/envs/*/versions.tf requires, or newer.'

# in_root ENVIRONMENT COMMAND…; each purpose has a folder of its own for what init downloads.
in_root() {
  local root=infra/terraform/envs/$1
  shift
  terraform "-chdir=$root" "$@"
}

case ${1:-} in
  validate)
    for root in dev staging prod; do
      export TF_DATA_DIR=.terraform/validate
      in_root "$root" init -backend=false -input=false
      in_root "$root" validate
    done
    ;;
  plan)
    load "${2:-}"
    root=infra/terraform/envs/$environment
    if [ -z "$AWS_PLAN_ROLE_ARN" ]; then
      skipped "terraform plan of $environment. AWS_PLAN_ROLE_ARN is not set in deploy/pipeline/settings/$environment.env."
      exit 0
    fi
    for file in backend.hcl terraform.tfvars; do
      [ -f "$root/$file" ] || fail "There is no $root/$file: copy $file.example, fill it in, and commit it (git add --force): it holds no secret."
    done
    export AWS_ROLE_ARN=$AWS_PLAN_ROLE_ARN TF_DATA_DIR=.terraform/plan
    in_root "$environment" init -backend-config=backend.hcl -input=false
    status=0
    # It reads only, and must not be able to take the lock.
    in_root "$environment" plan -input=false -lock=false -no-color -detailed-exitcode | tee "$folder/plan.txt" || status=${PIPESTATUS[0]}
    case $status in
      0) ;;
      2) fail "The infrastructure of $environment is not what infra/terraform says: $folder/plan.txt. Who may change it applies it first." ;;
      *) fail "terraform plan of $environment ended with $status." ;;
    esac
    ;;
  *) fail "${1:-Nothing} is neither validate nor plan." ;;
esac

#!/usr/bin/env bash
# infrastructure.sh validate: what Terraform says of the environments without an account.
# infrastructure.sh plan ENVIRONMENT: fails when the account is not what the code says; nothing is changed.
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

roots=${ROOTS:-infra/terraform/envs}

need terraform 'install the version that infra/terraform/envs/*/versions.tf requires, or newer.'

case ${1:-} in
  validate)
    # Apart from what a plan keeps there, which has a backend.
    export TF_DATA_DIR=.terraform/validate
    for name in dev staging prod; do
      terraform "-chdir=$roots/$name" init -backend=false -input=false
      terraform "-chdir=$roots/$name" validate
    done
    ;;
  plan)
    load "${2:-}"
    root=$roots/$environment
    if [ -z "$AWS_PLAN_ROLE_ARN" ]; then
      skipped "terraform plan of $environment. AWS_PLAN_ROLE_ARN is not set in deploy/pipeline/settings/$environment.env."
      exit 0
    fi
    for file in backend.hcl terraform.tfvars; do
      [ -f "$root/$file" ] || fail "There is no $root/$file: copy $file.example, fill it in, and commit it (git add --force): it holds no secret."
    done
    export AWS_ROLE_ARN=$AWS_PLAN_ROLE_ARN TF_DATA_DIR=.terraform/plan
    terraform "-chdir=$root" init -backend-config=backend.hcl -input=false
    status=0
    # It reads only, and must not be able to take the lock.
    terraform "-chdir=$root" plan -input=false -lock=false -no-color -detailed-exitcode | tee "$folder/plan.txt" || status=${PIPESTATUS[0]}
    case $status in
      0) ;;
      2) fail "The infrastructure of $environment is not what infra/terraform says: $folder/plan.txt. Who may change it applies it first." ;;
      *) fail "terraform plan of $environment ended with $status." ;;
    esac
    ;;
  *) fail "${1:-Nothing} is neither validate nor plan." ;;
esac

#!/usr/bin/env bash
# roll-out.sh OVERLAY: what a version needs, its migrations, then all Deployments; ends with 0 when they are ready.
# roll-out.sh OVERLAY undo: the version before, on what the migrations have made. KUBECTL is another kubectl.
set -euo pipefail

overlay=${1:?'Say which overlay: dev, staging or prod.'}
what=${2:-apply}
folder="$(dirname "$0")/overlays/$overlay"
kubectl=("${KUBECTL:-kubectl}" --namespace order-processing)
programs=(--selector app.kubernetes.io/name=order-processing-backend)
parts='app.kubernetes.io/component notin (api,process,projector,bridge'

ready() {
  "${kubectl[@]}" rollout status deployment "${programs[@]}" --timeout 30m
}

# 0: the Job has done its work; 1: it has failed; 2: nobody knows. It has a deadline of its own, activeDeadlineSeconds: this one is for a
# cluster that does not answer any more, or never starts it.
migrated() {
  local conditions unanswered=0 deadline=$((SECONDS + ${MIGRATIONS_SECONDS:-1200}))
  while [ "$SECONDS" -lt "$deadline" ] && [ "$unanswered" -lt 10 ]; do
    # The conditions that are true, of which the last word is Complete or Failed. Where its status is looked at, a failure ends no script.
    if conditions=$("${kubectl[@]}" get job migrations --output 'jsonpath={.status.conditions[?(@.status=="True")].type}'); then
      unanswered=0
      case " $conditions " in
        *' Complete '*) return 0 ;;
        *' Failed '*) return 1 ;;
      esac
    else
      unanswered=$((unanswered + 1))
    fi
    sleep "${PAUSE_SECONDS:-2}"
  done
  return 2
}

if [ ! -f "$folder/kustomization.yaml" ]; then
  echo "There is no overlay $overlay in $(dirname "$folder")." >&2
  exit 2
fi
case $what in
  apply)
    # A Job cannot be changed.
    "${kubectl[@]}" apply --kustomize "$folder" --selector "$parts,migrations)"
    "${kubectl[@]}" delete job migrations --ignore-not-found
    "${kubectl[@]}" apply --kustomize "$folder" --selector "$parts)"
    outcome=0
    migrated || outcome=$?
    if [ "$outcome" -ne 0 ]; then
      case $outcome in
        1) echo 'The migrations failed; no process was changed. They said:' >&2 ;;
        *) echo 'Nobody knows what became of the migrations: the cluster does not answer, or has not ended them in time. No process was changed. They said:' >&2 ;;
      esac
      "${kubectl[@]}" logs job/migrations --all-pods --prefix >&2 || true
      exit 1
    fi
    "${kubectl[@]}" logs job/migrations
    "${kubectl[@]}" apply --kustomize "$folder"
    ready
    ;;
  undo)
    "${kubectl[@]}" rollout undo deployment "${programs[@]}"
    ready
    ;;
  *)
    echo "$what is neither apply nor undo." >&2
    exit 2
    ;;
esac

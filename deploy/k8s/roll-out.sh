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

# The conditions of a Job that are true, of which the last word is Complete or Failed.
migrated() {
  local conditions
  while true; do
    conditions=$("${kubectl[@]}" get job migrations --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case " $conditions " in
      *' Complete '*) return 0 ;;
      *' Failed '*) return 1 ;;
    esac
    sleep 2
  done
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
    if ! migrated; then
      echo 'The migrations failed; nothing else was changed. They said:' >&2
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

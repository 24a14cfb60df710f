#!/usr/bin/env bash
# release.sh roll-out ENVIRONMENT DIGEST     migrations, then all Deployments, with that image
# release.sh keep ENVIRONMENT                what was rolled out from here is good: remember it in the cluster
# release.sh rollback ENVIRONMENT [previous] to what was kept last, or to what was kept before that
#
# A version is kept as its manifests, all of them, in a ConfigMap. `kubectl rollout undo` would not do: it knows Deployments only, so that
# network policies, autoscalers, routes and alerts stay those of the new version; it takes those back one step too far that the roll-out
# has not changed or not reached; and undoing twice brings the bad version back.
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

load "${2:-}"
kubectl=${KUBECTL:-kubectl}
programs=(--selector app.kubernetes.io/name=order-processing-backend)
# A Job cannot be changed, and there are no migrations backwards: those of the new version serve the old one too.
but_migrations=(--selector 'app.kubernetes.io/component notin (migrations)')

need "$kubectl" 'it talks to the cluster.'

in_cluster() {
  "$kubectl" --namespace order-processing "$@"
}

connect() {
  if [ -n "${KUBECONFIG:-}" ]; then
    echo "The cluster is that of KUBECONFIG=$KUBECONFIG." >&2
    return
  fi
  need aws 'it tells where the cluster is (AWS CLI 2).'
  export KUBECONFIG=$folder/kubeconfig
  aws eks update-kubeconfig --name "$CLUSTER" --region "$AWS_REGION" --kubeconfig "$KUBECONFIG" >&2
}

# kept WHICH FIELD: what the ConfigMap says, or nothing.
kept() {
  in_cluster get configmap "release-$1" --ignore-not-found --output "jsonpath={$2}"
}

# restore WHICH: its manifests into the folder.
restore() {
  local packed
  packed=$(kept "$1" '.binaryData.manifests')
  [ -n "$packed" ] || return 1
  base64 --decode <<<"$packed" | gunzip >"$folder/$1.yaml"
}

# remember WHICH IMAGE FILE. Applied by the server, which keeps no copy of it in an annotation.
remember() {
  gzip --no-name --stdout "$3" >"$folder/manifests"
  in_cluster create configmap "release-$1" "--from-literal=image=$2" "--from-file=$folder/manifests" --dry-run=client --output yaml >"$folder/kept.yaml"
  in_cluster apply --server-side --force-conflicts --field-manager pipeline --filename "$folder/kept.yaml"
}

# The manifests of the environment with the image: a copy, so that what is checked out stays as it is.
render() {
  rm -rf "$folder/deploy"
  cp -R deploy "$folder/deploy"
  mkdir "$folder/deploy/k8s/overlays/release"
  cat >"$folder/deploy/k8s/overlays/release/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../$environment
images:
  - name: order-processing-backend
    newName: $REPOSITORY
    digest: $1
END
  "$kubectl" kustomize "$folder/deploy/k8s/overlays/release" >"$folder/release.yaml"
}

deployments() {
  sed -n '/^deployment\.apps\//p' | sort
}

case ${1:-} in
  roll-out)
    name=$(digest "${3:-}")
    image=$REPOSITORY@$name
    connect
    before=$(kept current .data.image)
    echo "$environment: from ${before:-a version that was not kept} to $image" >&2
    rm -f "$folder/image"
    render "$name"
    KUBECTL=$kubectl "$folder/deploy/k8s/roll-out.sh" release
    echo "$image" >"$folder/image"
    ;;
  keep)
    [ -f "$folder/image" ] || fail "Nothing was rolled out to $environment from here, or not to its end: make roll-out first."
    connect
    image=$(cat "$folder/image")
    before=$(kept current .data.image)
    if [ -n "$before" ] && [ "$before" != "$image" ]; then
      restore current
      remember previous "$before" "$folder/current.yaml"
    fi
    remember current "$image" "$folder/release.yaml"
    ;;
  rollback)
    which=${3:-current}
    case $which in
      current | previous) ;;
      *) fail "TO=$which is neither current nor previous." ;;
    esac
    connect
    restore "$which" || fail "There is no $which version to go back to in $environment: none has been kept."
    image=$(kept "$which" .data.image)
    echo "$environment: back to $image" >&2
    in_cluster apply --filename "$folder/$which.yaml" "${but_migrations[@]}"
    # What only the new version has goes on running it otherwise.
    in_cluster get deployment "${programs[@]}" --output name | deployments >"$folder/running"
    in_cluster apply --filename "$folder/$which.yaml" "${programs[@]}" --dry-run=client --output name | deployments >"$folder/wanted"
    comm -23 "$folder/running" "$folder/wanted" | while read -r deployment; do
      in_cluster delete "$deployment"
    done
    in_cluster rollout status deployment "${programs[@]}" --timeout 30m
    if [ "$which" = previous ]; then
      remember current "$image" "$folder/previous.yaml"
    fi
    echo "$environment: $image runs again." >&2
    ;;
  *) fail "${1:-Nothing} is none of roll-out, keep, rollback." ;;
esac

#!/usr/bin/env bash
# image.sh build|sbom|scan              of this commit
# image.sh push|sign ENVIRONMENT        to the registry of the environment; from then on it is named by its digest
# image.sh verify ENVIRONMENT DIGEST    that it is there, and signed
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

images=$reports/image
mkdir -p "$images"
version=${VERSION:-$(git rev-parse --short=12 HEAD)}
[[ $version =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || fail "VERSION=$version is not valid: it must be what a tag may be."
syft=${SYFT:-syft}
grype=${GRYPE:-grype}
local_name=order-processing-backend:$version

# Nothing goes to a public log of transparency: it would tell the names of private images.
without_log() {
  cosign signing-config create >"$images/signing-config.json"
}

case ${1:-} in
  build)
    need docker 'it builds the image (with buildx).'
    docker buildx version >/dev/null 2>&1 || fail 'docker here has no buildx, its plugin for building images.'
    docker buildx build --load --pull --provenance=false --platform "${PLATFORM:-linux/amd64}" \
      --label "org.opencontainers.image.revision=$(git rev-parse HEAD)" --label "org.opencontainers.image.version=$version" \
      --tag "$local_name" .
    ;;
  sbom)
    need "$syft" 'it lists what is in the image.'
    "$syft" scan "docker:$local_name" --output "spdx-json=$images/sbom.spdx.json"
    ;;
  scan)
    need "$grype" 'it compares what is in the image with known weaknesses.'
    [ -f "$images/sbom.spdx.json" ] || fail 'There is no list of what is in the image: make image-sbom first.'
    # What nobody has mended yet is shown, and holds nobody up.
    "$grype" "sbom:$images/sbom.spdx.json" --fail-on high --only-fixed --output table --output "json=$images/weaknesses.json"
    ;;
  push)
    load "${2:-}"
    need docker 'it pushes the image.'
    login docker
    docker tag "$local_name" "$REPOSITORY:$version"
    docker push "$REPOSITORY:$version"
    # All of them first: grep ends at its first hit, and who still writes to it would fail.
    names=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$REPOSITORY:$version")
    image=$(grep --fixed-strings --max-count 1 "$REPOSITORY@sha256:" <<<"$names") ||
      fail "The registry has named no digest for $REPOSITORY:$version."
    digest "${image#*@}" >"$images/digest"
    echo "$image"
    ;;
  sign)
    load "${2:-}"
    need cosign 'it signs the image (3 or newer).'
    [ -n "$SIGNING_KEY" ] || fail "Images are not signed in $environment: it has no SIGNING_KEY."
    [ -f "$images/digest" ] || fail 'No image was pushed from here: make image-push first.'
    image=$REPOSITORY@$(cat "$images/digest")
    login cosign
    without_log
    cosign public-key --key "awskms:///$SIGNING_KEY" >"$images/cosign.pub"
    cosign sign --yes --key "awskms:///$SIGNING_KEY" --signing-config "$images/signing-config.json" "$image"
    cosign attest --yes --key "awskms:///$SIGNING_KEY" --signing-config "$images/signing-config.json" \
      --type spdxjson --predicate "$images/sbom.spdx.json" "$image"
    ;;
  verify)
    load "${2:-}"
    need cosign 'it verifies the signature (3 or newer).'
    name=$(digest "${3:-}")
    [ -f "$images/cosign.pub" ] || fail "There is no $images/cosign.pub: make image-sign writes it."
    login cosign
    # What was pushed to staging's registry is replicated to production's: soon, not at once.
    deadline=$((SECONDS + ${REPLICATION_SECONDS:-1800}))
    until aws ecr describe-images --region "$AWS_REGION" --registry-id "${REPOSITORY%%.*}" --repository-name "${REPOSITORY#*/}" \
      --image-ids "imageDigest=$name" --output text >"$images/described"; do
      [ "$SECONDS" -lt "$deadline" ] || fail "$name has not come to $REPOSITORY. Is it replicated to there (images.replicate_to)?"
      sleep 10
    done
    cosign verify --key "$images/cosign.pub" --insecure-ignore-tlog "$REPOSITORY@$name" >"$images/verified.json"
    echo "$REPOSITORY@$name is signed."
    ;;
  *) fail "${1:-Nothing} is none of build, sbom, scan, push, sign, verify." ;;
esac

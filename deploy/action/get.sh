#!/usr/bin/env bash
# Downloads one release of salve, the one with the given checksum and no other, and puts it on the PATH of later steps.
set -euo pipefail

fail() {
  echo "::error::$1"
  exit 1
}

[[ $SALVE_VERSION =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "version is not like v1.2.3"
[[ $SALVE_SHA256 =~ ^[0-9a-f]{64}$ ]] || fail "sha256 is not the checksum of an archive: take it from SHA256SUMS of the release"
case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) platform=linux-amd64 ;;
  Linux-ARM64) platform=linux-arm64 ;;
  macOS-X64) platform=darwin-amd64 ;;
  macOS-ARM64) platform=darwin-arm64 ;;
  *) fail "there is no release of salve for this runner" ;;
esac

folder=$RUNNER_TEMP/salve-$SALVE_VERSION
archive=$folder/salve.tar.gz
mkdir -p "$folder"
curl --proto =https --fail --silent --show-error --location --retry 3 --output "$archive" \
  "https://github.com/salve-security/salve/releases/download/$SALVE_VERSION/salve-$platform.tar.gz"
if command -v sha256sum >/dev/null; then sum=$(sha256sum "$archive"); else sum=$(shasum -a 256 "$archive"); fi
[[ ${sum%% *} == "$SALVE_SHA256" ]] || fail "the archive has another checksum than sha256 says: it is not used"
tar -xzf "$archive" -C "$folder" salve
echo "$folder" >>"$GITHUB_PATH"

#!/bin/sh
# Lays out the root file system of the image: rootfs.sh DIRECTORY, from the repository, after `cargo xtask build`.
# The Dockerfile runs it, and so does the test of the image, which has no Docker.
set -eu

root=$1
repository=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repository"

mkdir -p "$root/app" "$root/etc/ssl/certs" "$root/tmp" "$root/var/lib/orthanc-share"
chmod 1777 "$root/tmp"

cp target/release/orthanc-share "$root/app/"

# The manifest, and each component that it names, at the path that it names.
cp spin.toml "$root/app/"
grep -o '"target/[^"]*\.wasm"' spin.toml | tr -d '"' | sort -u | while read -r component; do
  mkdir -p "$root/app/$(dirname "$component")"
  cp "$component" "$root/app/$component"
done

# The libraries that the binary is linked to, at their own paths, without their symbolic links.
ldd target/release/orthanc-share | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp --dereference "$library" "$root$library"
done

cp --dereference /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'orthanc-share:x:65532:65532::/app:/nonexistent' > "$root/etc/passwd"
echo 'orthanc-share:x:65532:' > "$root/etc/group"

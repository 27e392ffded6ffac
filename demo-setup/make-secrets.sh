#!/bin/sh
# Makes the secrets of this setup, once: make-secrets.sh [DIRECTORY]. A secret that is there already is kept.
# Containers read them as users of their own, so the files are readable; the directory is not.
set -eu

directory=${1:-$(dirname "$0")/secrets}
mkdir -p "$directory"
chmod 700 "$directory"
cd "$directory"
umask 022

# Writes its standard input to the secret $1.
keep() {
  if [ -e "$1" ]; then
    cat > /dev/null
    echo "$1: kept"
  else
    cat > "$1"
    echo "$1: made"
  fi
}
password() {
  openssl rand -hex 16 | tr -d '\n'
}

openssl rand -base64 48 | tr -d '\n' | keep SECRET_KEY
password | keep POSTGRES_PASSWORD
password | keep ORTHANC_PASSWORD
password | keep SCRIPT_PASSWORD
password | keep ADMIN_PASSWORD
password | keep ANONYMIZER_PASSWORD
# Who may ask orthanc-share: the Orthancs, scripts, and the person at the management page. Histories have these names.
printf '{"orthanc": "%s", "script": "%s", "admin": "%s"}' \
  "$(cat ORTHANC_PASSWORD)" "$(cat SCRIPT_PASSWORD)" "$(cat ADMIN_PASSWORD)" | keep USERS
# Who may log in to the Orthanc of the staff.
printf '{"admin": "%s"}' "$(cat ADMIN_PASSWORD)" | keep REGISTERED_USERS
# Who may read from the Orthanc of anonymized shares: the proxy of orthanc-share.
printf '{"anonymizer": "%s"}' "$(cat ANONYMIZER_PASSWORD)" | keep ANONYMIZER_USERS

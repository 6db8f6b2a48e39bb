# A PostgreSQL server of a run's own, in a folder that goes with it, on a socket and a local port. Sourced by the
# scripts that need one.
#   postgres_start [-c SETTING=VALUE …]     sets POSTGRES to its address and stops it at the end of the script

# Installs Debian's packages, as root or by sudo.
install_packages() {
    echo "installing: $*"
    local sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# A folder in memory where there is room for one in which programs may run (files of tests need not outlive the
# machine), else on the disk.
temporary() {
    local free folder
    free=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
    if [ "${free:-0}" -gt 6000000 ] && folder=$(mktemp -d -p /dev/shm 2>/dev/null); then
        printf '#!/bin/sh\n' >"$folder/try"
        chmod +x "$folder/try"
        if "$folder/try" 2>/dev/null; then
            rm "$folder/try"
            echo "$folder"
            return
        fi
        rm -rf "$folder"
    fi
    mktemp -d
}

postgres_stop() {
    (cd / && $postgres_as "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -m immediate stop >/dev/null 2>&1) || true
    rm -rf "$postgres_folder"
}

# Where it stands: POSTGRES_FOLDER, else a new folder on the disk.
postgres_start() {
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || install_packages postgresql
    postgres_bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
    postgres_folder=${POSTGRES_FOLDER:-$(mktemp -d)}
    postgres_as=""
    if [ "$(id -u)" = 0 ]; then
        chown postgres "$postgres_folder"
        postgres_as="runuser -u postgres --"
    fi
    local port=$((20000 + RANDOM % 20000))
    trap postgres_stop EXIT
    (
        cd /
        $postgres_as "$postgres_bin/initdb" -D "$postgres_folder/data" -U minzheng --auth=trust --encoding=UTF8 \
            --locale=C.UTF-8 >/dev/null
        $postgres_as "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -w -l "$postgres_folder/log" -o "\
            -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$postgres_folder $*" start >/dev/null
    )
    # Its own programs: Debian's are scripts that look for a cluster first.
    export PATH="$postgres_bin:$PATH"
    export POSTGRES="postgres://minzheng@127.0.0.1:$port/postgres"
}

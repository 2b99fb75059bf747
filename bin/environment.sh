# Sourced by bin/pytomo and bin/test: `environment EXTRAS` makes .venv ready, once, with the
# given extras of pyproject.toml, and system packages where it may install them.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

environment() {
    local extras=$1 stamp
    for stamp in "$root/.venv/.ready-"*"$extras"*; do
        [ "$stamp" -nt "$root/pyproject.toml" ] && return
    done
    system_packages "$extras"
    echo "Setting up $root/.venv with [$extras] (once, about a minute) ..." >&2
    local python
    python=$(find_python) || fail "Python 3.11 or newer with venv is needed: install python3-venv"
    [ -x "$root/.venv/bin/python" ] || "$python" -m venv "$root/.venv" || fail "cannot make .venv"
    install_python_packages "$extras"
    touch "$root/.venv/.ready-$extras"
}

# rrdtool is built from source: without librrd everything but the RRD files works.
install_python_packages() {
    local log="$root/.venv/setup.log" without_rrd=${1/rrd,/}
    local pip=("$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check)
    "${pip[@]}" --editable "$root[$1]" >"$log" 2>&1 && return
    if [ "$without_rrd" != "$1" ] &&
        "${pip[@]}" --editable "$root[$without_rrd]" >"$log" 2>&1; then
        echo "rrdtool could not be built (is librrd-dev installed?): no RRD files." >&2
        return
    fi
    tail -n 15 "$log" >&2
    fail "the Python packages could not be installed (see $log)"
}

find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# What the tests of the pages in a browser need, and the players that ours is compared with, in the
# versions of their package.json. The tests skip what is missing.
browser_packages() {
    npm_packages "$root/tests/e2e/browser/package.json" "$root/.venv"
    npm_packages "$root/bench/package.json" "$root/.venv/players"
}

# What the file $1 names, into $2. Without a lock file, which would name a registry; without scripts
# of the packages.
npm_packages() {
    local wanted=$1 place=$2
    [ "$place/node_modules" -nt "$wanted" ] && return
    if ! command -v npm >/dev/null; then
        echo "npm is not installed: what $wanted names is not there, and not tested with." >&2
        return
    fi
    mkdir -p "$place"
    cp "$wanted" "$place/package.json"
    npm install --prefix "$place" --ignore-scripts --no-audit --no-fund --no-package-lock \
        --silent >"$place/npm.log" 2>&1 && touch "$place/node_modules" ||
        echo "npm could not install what $wanted names (see $place/npm.log)." >&2
}

# Packages of Debian that are not there; $1 are the extras that are being set up.
missing_packages() {
    find_python >/dev/null || echo python3-venv
    command -v cc >/dev/null || echo gcc libc6-dev
    [ -e /usr/include/rrd.h ] || echo librrd-dev
    [ -e "$(python_header)" ] || echo python3-dev
    [ -e /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf ] || echo fonts-dejavu-core
    command -v ping >/dev/null || echo iputils-ping
    command -v rrdtool >/dev/null || echo rrdtool
    case ",$1," in *,web,*) printing_packages ;; esac
    case ",$1," in *,dev,*) testing_packages ;; esac
}

# A browser, and what makes networks to test on.
testing_packages() {
    command -v chromedriver >/dev/null || echo chromium chromium-driver chromium-headless-shell
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || echo nginx-light
    [ -x /usr/sbin/tc ] || [ -x /sbin/tc ] || echo iproute2
    [ -x /usr/sbin/ethtool ] || echo ethtool
    command -v tcpdump >/dev/null || [ -x /usr/bin/tcpdump ] || echo tcpdump
}

# What WeasyPrint loads to lay out text.
printing_packages() {
    ldconfig -p 2>/dev/null | grep -q libpangoft2 || echo libpangoft2-1.0-0 libharfbuzz-subset0
}

python_header() {
    "$(find_python || echo false)" -c \
        'import sysconfig; print(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null
}

system_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$1" | tr ' ' '\n')
    [ ${#missing[@]} -eq 0 ] && return
    if ! command -v apt-get >/dev/null; then
        echo "Please install what these Debian packages hold: ${missing[*]}" >&2
    elif [ "$(id -u)" -eq 0 ]; then
        apt_install env "${missing[@]}"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        apt_install sudo "${missing[@]}"
    else
        echo "Please have an administrator run: apt-get install ${missing[*]}" >&2
    fi
}

apt_install() {
    local as=$1
    shift
    echo "Installing system packages: $*" >&2
    "$as" apt-get -qq update >&2 &&
        "$as" DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" \
            >/dev/null || echo "apt-get could not install all of them; going on." >&2
}

fail() {
    echo "$1" >&2
    exit 1
}

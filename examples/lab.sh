# What the labs of the examples share: nodes that are network namespaces, wires between them, routers, waiting. Bash, to be
# sourced by `run`.
#
#   run            builds the lab, plays the scenario and says what it sees; then everything is gone
#   run --keep     the same, and leaves the lab running until Enter or ^C
#
# Exit status: 0 all was as expected, 1 something was not, 77 something that it takes is missing. Root is needed.
# YOTTABGP_PROGRAM is the program to use; otherwise what cargo built, or what is in PATH.

set -euo pipefail

EXAMPLE=$(cd "$(dirname "$0")" && pwd)
KEEP=${1:-}
# Not in PATH, and not to be taken for the program of OpenBSD of this name.
BGPD=/usr/lib/frr/bgpd
PATH=$PATH:/usr/sbin:/sbin
# Names of this run alone, so that labs do not meet each other or anything else.
TAG=yb$$
WORK=$(mktemp -d "/tmp/yottabgp-$(basename "$EXAMPLE").XXXXXX")
NODES=()
declare -A PIDS=()

skip() {
    echo "SKIPPED: $*"
    exit 77
}

finish() {
    local status=$?
    trap - EXIT INT TERM
    if [ "$status" != 0 ] && [ "$status" != 77 ]; then
        for log in "$WORK"/*.log; do
            [ -s "$log" ] && { echo "--- the end of $(basename "$log")"; tail -n 25 "$log"; }
        done
    fi
    local name
    for name in "${!PIDS[@]}"; do stop "$name" KILL; done
    # Helpers that their daemon had no time to end live in the namespaces of this lab, and nothing else does.
    for name in "${NODES[@]}"; do
        local left
        left=$(ip netns pids "$TAG-$name" 2> /dev/null) || true
        [ -z "$left" ] || kill -KILL $left 2> /dev/null || true
        ip netns del "$TAG-$name" 2> /dev/null || true
    done
    rm -rf "$WORK"
    exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

# needs COMMAND…: what has to be installed
needs() {
    [ "$(id -u)" = 0 ] || skip "this takes root, for network namespaces"
    local command
    for command in ip "$@"; do
        command -v "$command" > /dev/null || skip "$command is not installed (.ci/install-peers)"
    done
    unshare -n true 2> /dev/null || skip "no network namespaces here"
    PROGRAM=${YOTTABGP_PROGRAM:-}
    local place
    local built
    built=$(dirname "${BASH_SOURCE[0]}")/../target
    for place in "$built/release/yottabgp" "$built/debug/yottabgp"; do
        [ -n "$PROGRAM" ] || [ ! -x "$place" ] || PROGRAM=$place
    done
    [ -n "$PROGRAM" ] || PROGRAM=$(command -v yottabgp) || skip "no yottabgp: cargo build --release"
    PROGRAM=$(readlink -f "$PROGRAM")
    # `exabgp` in the configurations is this program.
    mkdir "$WORK/bin"
    ln -s "$PROGRAM" "$WORK/bin/exabgp"
    PATH=$WORK/bin:$PATH
}

# node NAME…: a network namespace each
node() {
    local name
    for name; do
        ip netns add "$TAG-$name"
        NODES+=("$name")
        on "$name" ip link set lo up
        on "$name" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
            net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
    done
}

# on NODE COMMAND…
on() {
    local name=$1
    shift
    ip netns exec "$TAG-$name" "$@"
}

# wire A B ADDRESS-OF-A ADDRESS-OF-B [the same of another family]: an interface each, called as the other end
wire() {
    local a=$1 b=$2
    shift 2
    ip -n "$TAG-$a" link add "$b" type veth peer name "$a" netns "$TAG-$b"
    while [ $# -gt 1 ]; do
        on "$a" ip address add "$1" dev "$b"
        on "$b" ip address add "$2" dev "$a"
        shift 2
    done
    on "$a" ip link set "$b" up
    on "$b" ip link set "$a" up
}

# start NODE NAME COMMAND…: in the background, with a log; `stop` knows it as NODE-NAME
start() {
    local node=$1 name=$1-$2
    shift 2
    ip netns exec "$TAG-$node" "$@" >> "$WORK/$name.log" 2>&1 < /dev/null &
    PIDS[$name]=$!
}

# stop NODE-NAME [SIGNAL]: and waits for its end
stop() {
    local pid=${PIDS[$1]:-}
    [ -n "$pid" ] || return 0
    unset "PIDS[$1]"
    kill "-${2:-TERM}" "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
}

# speaker NODE FILE: yottabgp with a configuration
speaker() {
    EXABGP_ROOT=$WORK exabgp_daemon_user=root exabgp_daemon_drop=false exabgp_log_level=INFO \
        exabgp_api_socketpath=$WORK/$1.sock start "$1" yottabgp "$PROGRAM" server "$2"
}

# helper NODE [NAME]: the process of the helper (of any, or of that name) that was started last
helper() { grep -oE "helper ${2:-[^ ]+} started, pid [0-9]+" "$WORK/$1-yottabgp.log" | awk 'END { print $NF }'; }

# ask NODE WORDS…: a command to the yottabgp of a node
ask() {
    local node=$1
    shift
    exabgp_api_socketpath=$WORK/$node.sock on "$node" "$PROGRAM" run "$@"
}

# frr NODE < CONFIGURATION: FRR's bgpd, alone
frr() {
    mkdir -p "$WORK/$1"
    cat > "$WORK/$1/bgpd.conf"
    start "$1" frr "$BGPD" --no_zebra --skip_runas --vty_port 0 --config_file "$WORK/$1/bgpd.conf" \
        --pid_file "$WORK/$1/bgpd.pid" --vty_socket "$WORK/$1" --log stdout
}

# frr_with_kernel NODE < CONFIGURATION: FRR with zebra, so that its routes are those of the kernel
frr_with_kernel() {
    mkdir -p "$WORK/$1"
    cat > "$WORK/$1/bgpd.conf"
    : > "$WORK/$1/zebra.conf"
    # It becomes this user, whatever it is told.
    chmod 711 "$WORK"
    chown -R frr:frr "$WORK/$1"
    local common=(--vty_port 0 --vty_socket "$WORK/$1" -z "$WORK/$1/zserv.api" --log stdout)
    start "$1" zebra /usr/lib/frr/zebra "${common[@]}" -f "$WORK/$1/zebra.conf" -i "$WORK/$1/zebra.pid"
    local left=100
    until [ -S "$WORK/$1/zserv.api" ] || [ $((left -= 1)) = 0 ]; do sleep 0.05; done
    start "$1" frr "$BGPD" "${common[@]}" --skip_runas -f "$WORK/$1/bgpd.conf" -i "$WORK/$1/bgpd.pid"
}

# show NODE WORDS: asks FRR
show() { on "$1" vtysh --vty_socket "$WORK/$1" -c "show $2"; }

# bird NODE < CONFIGURATION
bird() {
    mkdir -p "$WORK/$1"
    cat > "$WORK/$1/bird.conf"
    start "$1" bird bird -f -c "$WORK/$1/bird.conf" -s "$WORK/$1/bird.ctl" -P "$WORK/$1/bird.pid"
}

# birdc NODE WORDS: asks BIRD
bird_show() { birdc -r -s "$WORK/$1/bird.ctl" "show $2"; }

# paths NODE FAMILY PREFIX: what FRR has for a prefix: a line for each path: "NEXT-HOP MED best|multipath|-"
paths() {
    show "$1" "bgp $2 unicast $3 json" | python3 -c '
import json, sys
text = sys.stdin.read()
for path in (json.loads(text) if text.strip() else {}).get("paths", []):
    hop = [one["ip"] for one in path["nexthops"] if one.get("scope") != "link-local"][0]
    best = "best" if path.get("bestpath", {}).get("overall") else "-"
    if path.get("multipath"): best = "multipath" if best == "-" else best + " multipath"
    print(hop, path.get("metric", "-"), best)'
}

# updates NODE NEIGHBOR: how many UPDATEs FRR got from a neighbor
updates() { show "$1" "bgp neighbors $2 json" | python3 -c 'import json, sys; print(list(json.load(sys.stdin).values())[0]["messageStats"]["updatesRecv"])'; }

# best NODE FAMILY PREFIX: the next hop and MED of the best path of FRR
best() { paths "$@" | awk '/ best/ { print $1, $2 }'; }

# bird_best NODE PREFIX: the same of BIRD
bird_best() {
    bird_show "$1" "route $2 primary all" |
        awk '/BGP.next_hop:/ { hop = $2 } /BGP.med:/ { med = $2 } END { if (hop) print hop, (med == "" ? "-" : med) }'
}

# expect SECONDS WHAT COMMAND…: waits until the command succeeds, but not longer
expect() {
    local limit=$1 what=$2 from=$EPOCHREALTIME
    shift 2
    until "$@" > "$WORK/last" 2>&1; do
        if awk "BEGIN { exit !($EPOCHREALTIME - $from > $limit) }"; then
            echo "FAILED: $what: not within $limit s: $*"
            cat "$WORK/last"
            exit 1
        fi
        sleep 0.1
    done
    printf 'ok      %s (%.1f s)\n' "$what" "$(awk "BEGIN { print $EPOCHREALTIME - $from }")"
}

# holds SECONDS WHAT COMMAND…: checks that the command succeeds all that time
holds() {
    local limit=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    while [ $SECONDS -lt $end ]; do
        if ! "$@" > "$WORK/last" 2>&1; then
            echo "FAILED: $what: not for $limit s: $*"
            cat "$WORK/last"
            exit 1
        fi
        sleep 0.2
    done
    printf 'ok      %s (for %s s)\n' "$what" "$limit"
}

# is TEXT COMMAND…: whether a command prints this
is() {
    local wanted=$1 found
    shift
    found=$("$@" 2>&1) || true
    [ "$found" = "$wanted" ] || { printf 'wanted: %s\nfound:  %s\n' "$wanted" "$found"; return 1; }
}

# has PATTERN COMMAND…, lacks PATTERN COMMAND…: whether a command that succeeds prints a match
has() {
    local pattern=$1 found
    shift
    found=$("$@" 2>&1) && grep -qE -- "$pattern" <<< "$found" || { echo "$found"; return 1; }
}
lacks() {
    local pattern=$1 found
    shift
    found=$("$@" 2>&1) && ! grep -qE -- "$pattern" <<< "$found" || { echo "$found"; return 1; }
}

step() { printf '\n-- %s\n' "$*"; }

# done_with HINT…: the end, or a look around
done_with() {
    if [ "$KEEP" = --keep ]; then
        printf '\nThe lab runs on in the namespaces %s; its files are in %s. For example:\n' "$(printf "$TAG-%s " "${NODES[@]}")" "$WORK"
        printf '    %s\n' "$@"
        read -r -p 'Enter ends it. ' _ || true
    fi
    echo
    echo "all as expected"
}

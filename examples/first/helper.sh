#!/bin/sh
# A helper: prints commands, reads what happened, a line of JSON each. What it writes to standard error is for people.

while read -r line; do
    echo "told: $line" >&2
    case $line in
    *'"state": "up"'*)
        echo 'announce route 203.0.113.0/24 next-hop self med 5'
        ;;
    esac
done

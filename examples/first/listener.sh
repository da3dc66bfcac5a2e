#!/bin/sh
# A helper that only listens: shows every line of JSON that it is told.

while read -r line; do
    echo "told: $line" >&2
done

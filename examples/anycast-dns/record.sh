# Writes down the events that it is told: a line of JSON each.
exec cat >> "$1"

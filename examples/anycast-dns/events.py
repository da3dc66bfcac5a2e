"""Reads recorded events: a line for each change of a session, and for each prefix that was sent or received.

    PEER AS up|down REASON
    PEER AS negotiated FAMILY...
    PEER AS send|receive announce|withdraw PREFIX
"""
import json
import sys

for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    neighbor = event["neighbor"]
    peer = neighbor["address"]["peer"] + " " + str(neighbor["asn"]["peer"])
    if event["type"] == "state":
        print(peer, neighbor["state"], neighbor.get("reason", ""))
    elif event["type"] == "negotiated":
        print(peer, "negotiated", *sorted(neighbor["negotiated"]["families"]))
    elif event["type"] == "update":
        update = neighbor["message"].get("update", {})
        for hops in update.get("announce", {}).values():
            for routes in hops.values():
                for route in routes:
                    print(peer, neighbor["direction"], "announce", route["nlri"])
        for routes in update.get("withdraw", {}).values():
            for route in routes:
                print(peer, neighbor["direction"], "withdraw", route["nlri"])

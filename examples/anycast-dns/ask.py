"""Asks a name server for the address of example.com: prints it, or 'nobody'."""
import socket
import struct
import sys

question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\7example\3com\0" + struct.pack(">2H", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(1)
    try:
        client.connect((sys.argv[1], 53))
        client.send(question)
        print(socket.inet_ntoa(client.recv(512)[-4:]))
    except OSError:
        print("nobody")

"""Sends the requests of a file with `requests`, and prints what came of each.

Usage: python clients.py CASES [close]. With `close` each request has a connection of its own. A line of the file is a URL, the framing of the body (length or chunked) and its size, with tabs between.
A line of the output is the status and the `type` of the problem, or 0 and the error.
"""

import sys

import requests


def chunks(size):
    while size > 0:
        yield b" " * min(size, 65536)
        size -= 65536


session = requests.Session()
session.trust_env = False
if "close" in sys.argv[2:]:
    session.headers["Connection"] = "close"
for line in open(sys.argv[1], encoding="utf-8"):
    url, framing, size = line.rstrip("\n").split("\t")
    body = b" " * int(size) if framing == "length" else chunks(int(size))
    try:
        response = session.post(url, data=body, headers={"Content-Type": "application/cloudevents+json"}, timeout=30, allow_redirects=False)
        print(response.status_code, response.json()["type"], flush=True)
    except Exception as error:  # noqa: BLE001
        print(0, repr(error), flush=True)

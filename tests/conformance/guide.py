"""Runs the Python code of the guide to signatures. The argument is the file with the code."""

import pathlib
import sys

code = {}
exec(pathlib.Path(sys.argv[1]).read_text("utf-8"), code)
secret, now, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330, b'{"test": 2432232314}'
headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(now),
    "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
code["verify"](secret, headers, body, now=now + 299)
for changed, at in [
    (({**headers, "webhook-signature": "v1,AAAA"}, body), now),
    (({**headers, "webhook-id": "msg_x"}, body), now),
    ((headers, body + b" "), now),
    ((headers, body), now + 301),
    ((headers, body), now - 301),
]:
    try:
        code["verify"](secret, *changed, now=at)
    except ValueError:
        continue
    sys.exit(f"accepted: {changed} at {at}")

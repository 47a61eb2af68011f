import base64, hashlib, hmac, time

def verify(secret, headers, body, now=None):
    """Raises ValueError unless the signature of the raw body (bytes) is valid and at most 5 minutes old."""
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs((now or time.time()) - int(timestamp)) > 300:
        raise ValueError("the timestamp is too old or in the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    for signature in headers["webhook-signature"].split(" "):
        if hmac.compare_digest(f"v1,{expected}", signature):
            return
    raise ValueError("no signature matches")

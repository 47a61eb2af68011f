# The guide for developers of receivers.
title = Verify signatures
nav = Verify signatures
lead = What a receiver of callbacks checks, and what it answers.
callback = The callback
callback-what = Each event is sent as a `POST` with a JSON body to the URL of the webhook. The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` follow the specification Standard Webhooks.
callback-schema = The body matches the JSON Schema of its event type, which its page offers for download.
signature = The signature
step-raw = Use the body exactly as it was received, because parsing and serializing it again changes the bytes.
step-text = Join the id, the timestamp and the body with dots: `webhook-id.webhook-timestamp.body`.
step-key = Compute the HMAC-SHA256 of this text. The key is the secret without `whsec_`, decoded from base64.
step-compare = Encode the result in base64 and compare it in constant time with each signature in the header, which are separated by spaces and begin with `v1,`. One match is enough: while a secret is rotated, there are two.
step-time = Refuse a timestamp that differs from your clock by more than 5 minutes, so that nobody can repeat an old callback.
check = A signature to test with
answer = The response
answer-status = Answer with a status from 200 to 299 within a few seconds, and do long work afterwards. Any other response is a failure, and clearhook tries again later. Redirects are not followed. The status 410 disables the webhook.
answer-twice = A callback may arrive more than once. Its `webhook-id` is the same each time, so store it and ignore what you already processed.
answer-order = Callbacks may arrive in another order than the events happened, unless the webhook is set to keep the order.
local = On your own computer
local-listen = `clearhook listen --secret whsec_…` is a receiver for experiments: it verifies each signature and prints each callback.
local-forward = `clearhook listen --forward http://localhost:8080/hook --webhook ID` also sends each callback of a webhook to a program on your computer, exactly as it was sent.
libraries = The libraries of Standard Webhooks do the same in each of these languages:

# The page of one webhook.
verify-title = How to verify: { $name }
verify-link = How to verify callbacks
verify-own = Try it with this webhook
verify-try = This is the newest callback of this webhook, byte for byte. With the secret of the webhook, your code must accept it; with any change, refuse it.
verify-example = The newest callback
verify-command = The same request to a program on your computer
verify-age = Its timestamp will soon be older than 5 minutes: allow that while you test, or send another test event.
verify-none = This webhook has sent nothing yet. Send a test event from its page; it appears here.
verify-hidden = The newest callback cannot be shown as it was sent: it has hidden values, or its event is no longer stored.
verify-more = What a receiver answers, and a signature to test with

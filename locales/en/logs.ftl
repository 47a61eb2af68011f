# The log of a webhook, and one callback.
title = Logs
range = Range
range-1h = Last hour
range-today = Today
range-24h = Last 24 hours
range-7d = Last 7 days
range-30d = Last 30 days
range-12m = Last 12 months
from = From
to = to
show = Show
enter-both = Enter both times, such as 2026-11-23T09:00.
callbacks = Callbacks
date = Callback date
event = Event
url = URL
response = Response
attempt = Attempt
attempt-number = { $number } ({ $trigger ->
    [event] event
    [retry] retry
    [manual] manual
   *[test] test
})
duration = Duration
none = No callbacks in this range.
foot = Newest first, times in { $zone }
older = Older

callback = Callback
close = Close
message-id = Message id
event-id = Event id
request = Request
request-body = Request body
too-old = The event is older than what is kept.
no-answer = The receiver gave no answer.
response-body = Response body
empty = (empty)
truncated = Only the first 16 KiB are kept.

# The log of a webhook, and one callback.
title = Logs
range = Range
range-1h = Last hour
range-today = Today
range-24h = Last 24 hours
range-7d = Last 7 days
range-30d = Last 30 days
range-12m = Last 12 months
short-1h = Hour
short-24h = 24 h
short-7d = 7 d
short-30d = 30 d
short-12m = 12 mo
custom = Custom…
from = From
to = to
show = Show
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
ce-id = Publisher’s id
source = Source
request = Request
request-body = Request body
too-old = The event is no longer kept.
erased = Erased: the data of this event was removed.
no-answer = No response.
response-body = Response body
empty = (empty)
truncated = Only the first 16 KiB are kept.
formatted = Formatted
raw = Raw
raw-of = { $what }, raw
incomplete = The body was incomplete:

# What the log shows.
too-long = This range is { $days ->
    [one] { NUMBER($days) } day
   *[other] { NUMBER($days) } days
} long. Choose at most one year (366 days).
any-response = Any response
succeeded = Succeeded
failed = Failed
class = Status { $class }
without-answer = No response
any-event = Any event
filter = Filter
export = Export
export-csv = CSV
export-jsonl = JSON Lines
none-filtered = No callbacks in this range match the filters.
none-found = No callbacks in this range match the search and the filters. The search compares the whole id of an event or message, or the whole subject.
newer = Newer
pages = Pages of the log
fresh = { $count ->
    [one] Show { NUMBER($count) } new callback
   *[other] Show { NUMBER($count) } new callbacks
}

# The chart over the range.
chart = Callbacks over time
chart-callbacks = { $count ->
    [one] { NUMBER($count) } callback
   *[other] { NUMBER($count) } callbacks
}
chart-succeeded = { NUMBER($count) } succeeded
chart-failed = { NUMBER($count) } failed
chart-median = median { $time }
chart-begins = Too many to count them all: figures since
chart-bar = { $from } to { $to }: { NUMBER($succeeded) } succeeded, { NUMBER($failed) } failed

# An open callback.
send-again = Send again
sent-again = Sent again. Here is the result.
sent-soon = It is sent again in a moment, and appears here.
not-sent = It could not be sent again.
not-while-disabled = Enable the webhook to send again.
copy-curl = Copy as cURL
as-curl = As cURL
curl-hint = Values of secret headers are left out.
attempts = Attempts of this delivery
stands-due = The next attempt is due
stands-now = The next attempt is due now.
stands-waiting = Waiting for an earlier event with the same subject.
stands-sending = It is being sent at this moment.
stands-succeeded = Delivered: no further attempt follows.
stands-failed = Failed for good: no further attempt follows.
stands-held = Held while the webhook was disabled.
stands-cancelled = Cancelled: no further attempt follows.
stands-unknown = The delivery is no longer kept.

# The list beside an open callback.
between = { $from } – { $to }
zoom-out = Back to the usual range
chip-response = Response: { $name }
mark-test = Test
mark-retry = Retry { $attempt }
mark-manual = Sent again
old-url = old URL
search = Event, message or subject
since-this = Send again everything that failed since this one
row-menu = More about this callback
times-local = Local
times-utc = UTC
back-to-log = Log
previous-callback = Newer callback
next-callback = Older callback
details = Details
verdict = What happened
copy-what = Copy: { $what }
copy-link = Copy link
download-what = Download: { $what }
download = Download
bytes = { NUMBER($count) } B
kibibytes = { $count } KiB
headers-count = { $count ->
    [one] { NUMBER($count) } header
   *[other] { NUMBER($count) } headers
}
subject = Subject
resend-since = Send again all since this…
gap = after { $time }
next-in = next in { $time }
next-paused = Waits: callbacks are paused

# The connection of an open callback.
phases = Where the time went
phase-dns = DNS
phase-connect = Connect
phase-tls = TLS
phase-wait = Wait
phases-reused = Sent on a connection that was already open.
certificates = Certificates that the receiver sent
certificate-subject = Issued to
certificate-issuer = Issued by
certificate-self = itself (self-signed)
certificate-names = Valid for
certificate-validity = Valid
certificate-expired = Expired
certificate-early = Not valid yet

# The target of a redirect.
use-url = Use this URL…
use-url-what = The URL of the webhook is changed to the address that the receiver named. Events are sent there from then on.
use-url-from = Now
use-url-to = New
use-url-host = The new address is on another host, { $host }. Use it only if you know that it belongs to the receiver.
use-url-temporary = The receiver says that the move is temporary.
use-url-now = Change the URL
skip-to-rows = Skip to the callbacks

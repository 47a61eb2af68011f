# One webhook: its form.
add = Add webhook
added = The webhook was added. Callbacks are made from now on.
saved = Your changes were saved.
disabled-by-clearhook = clearhook disabled this webhook.
disabled-since = Disabled since
disabled-what = No callback is made, and new events are held. Once the receiver works again, enable the webhook: it gets new events from then on. What was held is sent by a call of POST { $path }.
enable = Enable this webhook
enabled-again = The webhook is enabled. Callbacks are made for new events from now on.
save = Save
cancel = Cancel

general = General
general-why = How people recognise this webhook.
enabled = Enabled
enabled-hint = A disabled webhook makes no callback; its events are kept.
name = Name
description = Description

details = Webhook details
details-why = Where callbacks go, and how the receiver knows that they are genuine.
url = URL
url-hint = HTTPS; a port and query parameters are fine.
secret = Secret
secret-generate = Generate
secret-new-hint = Copy it to the receiver now: it is not shown again. Each callback is signed with it (Standard Webhooks). You may enter one of your own.
secret-hint = Each callback is signed with it (Standard Webhooks).
secret-created = Created
rate = Callbacks a second, at most
rate-hint = Leave both fields empty for no limit.
burst = Burst
burst-hint = So many at once after a quiet time.
ordered = In order of subject
ordered-hint = Events of one subject are sent one after the other. One that fails is tried again before the next one is sent.

headers = Additional headers
headers-why = Sent with every callback: to tell sources apart, or what the receiver expects. The log shows their values, except those of secret ones.
header-name = Header name { $number }
header-value = Header value { $number }
header-name-short = Name
header-value-short = Value
header-secret = Secret
header-secret-which = Secret: header { $number }
header-secret-hint = The log does not show the value of a secret header.
header-add = Add header
header-remove = Remove
header-remove-which = Remove header { $number }

event = Event
event-why = What the receiver hears about. The schema describes the callback’s body.
download-schema = Download schema
download-schema-of = Download schema: { $event }
events-chosen = { $chosen } of { $total } chosen
events-chosen-of-group = { $chosen } of { $total }
events-list = Chosen events
events-remove = Remove: { $event }
events-all = All events
events-all-hint = Every event of every type, also of types that are added later. This can be a very large number of callbacks.
events-filter = Filter events
events-filter-example = Filter events, e.g. identity or .deleted
events-filter-now = Filter
events-only = Only chosen
events-none = No event matches the filter.
events-no-group = Other
events-group-all = All of { $group }
events-choose-all = Choose all
events-future = All, and future ones
events-future-of = All of { $group }, and future ones ({ $pattern })
events-deprecated = Deprecated.
events-replaced = Deprecated. Use { $event } instead.
events-archived = Archived: no new events are published.
events-fields = Fields
events-fields-of = Fields and example: { $event }
events-patterns = Wildcards and other events
events-pattern = { $count ->
    [one] Matches { NUMBER($count) } event type, and future ones.
   *[other] Matches { NUMBER($count) } event types, and future ones.
}
events-unknown = Not in the catalogue.
events-close = Close

tested = A test event was sent. Its callback is in the log.
test = Send test event
test-which = Event of the test
duplicate = Duplicate
copy-suffix = (copy)
delete = Delete
delete-why = No callback is made any more. What the log holds is kept until it is too old, but is not shown.
delete-confirm = To delete it, type its name: { $name }
delete-this = Delete this webhook
rotate = New secret
rotate-overlap = The present secret still signs for
overlap-none = No time: others may know it
overlap-day = 24 hours
overlap-week = 7 days
rotate-hint = Meanwhile each callback carries both signatures, so that the receiver can change over.
rotate-now = Make a new secret
rotated = The new secret. Copy it to the receiver now: it is not shown again.
rotated-until = The one before it still signs until

meanwhile = This webhook was changed while you were working on it. Nothing was saved yet.
meanwhile-why = Below is what you typed. Save again to replace what others changed, or leave the page to keep it.

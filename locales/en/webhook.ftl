# One webhook: its form.
add = Add webhook
added = Webhook added. Events are sent from now on.
added-disabled = Webhook added. It is disabled: enable it as soon as its receiver is ready.
saved = Your changes were saved.
disabled-by-clearhook = clearhook disabled this webhook.
disabled-since = Disabled since
disabled-what = Nothing is sent, and new events are held. Once the receiver works again, enable the webhook: new events are sent from then on, and you can send the held ones.
enable = Enable this webhook
enabled-again = Webhook enabled. Events are sent from now on.
save = Save
cancel = Cancel

general = General
general-why = How people recognise this webhook.
enabled = Enabled
enabled-hint = While disabled, nothing is sent. Events are held until you send them.
name = Name
description = Description

details = Webhook details
details-why = Where callbacks go, and how the receiver knows that they are genuine.
url = URL
url-hint = Must be HTTPS. May include a port and query parameters.
secret = Secret
secret-generate = Generate
secret-new-hint = clearhook signs each callback with this secret (Standard Webhooks). It is shown once more after you save. You can also enter your own.
secret-hint = clearhook signs each callback with this secret (Standard Webhooks).
secret-created = Created
rate = Callbacks per second, at most
rate-hint = Leave both fields empty for no limit.
burst = Burst
burst-hint = How many may be sent at once after a quiet time.
retries = The receiver has { $timeout } to answer. A failed callback is retried after pauses of { $delays }.
retries-none = The receiver has { $timeout } to answer. A failed callback is not retried.
ordered = Keep the order per subject
ordered-hint = Events of one subject are sent one after the other. One that fails is retried before the next one is sent.

headers = Additional headers
headers-why = Sent with every callback, for example to identify the source or to authenticate. The log shows their values, except secret ones.
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
event-why = The events that this webhook receives. The schema describes the callback’s body.
download-schema = Download schema
download-schemas = Download schemas
download-chosen = All chosen schemas (.zip)
download-schema-of = Download schema: { $event }
events-chosen = { $chosen } of { $total } chosen
events-chosen-of-group = { $chosen } of { $total }
events-list = Chosen events
events-remove = Remove: { $event }
events-all = All events
events-all-hint = Every event of every type, including types that are added later. This can be a very large number of callbacks.
events-filter = Filter events
events-filter-example = Filter events, e.g. identity or .deleted
events-filter-now = Filter
events-only = Only chosen
events-none = No event matches the filter.
events-none-chosen = No event is chosen yet.
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
events-patterns = Patterns and other events
events-pattern = { $count ->
    [one] Matches { NUMBER($count) } event type, and future ones.
   *[other] Matches { NUMBER($count) } event types, and future ones.
}
events-unknown = Not in the catalogue.
events-change = Change the events
events-close = Close

tested = A test event was sent. Its callback is in the log.
test = Send test event
test-which = Event to send
duplicate = Duplicate
copy-suffix = (copy)
delete = Delete
delete-why = Events are no longer sent. Waiting and held deliveries fail and are never sent. The log is hidden, and removed after the retention period. This cannot be undone.
delete-confirm = To delete it, type its name: { $name }
delete-this = Delete this webhook
rotate = Rotate secret
rotate-overlap = Keep the old secret valid for
overlap-none = Not at all (it may have leaked)
overlap-day = 24 hours
overlap-week = 7 days
rotate-hint = Until then, callbacks carry both signatures, so the receiver can switch without an outage.
rotate-now = Rotate secret
rotated = The new secret. Copy it to the receiver now: it is not shown again.
rotated-until = The old secret still signs until

meanwhile = This webhook was changed while you were working on it. Nothing was saved yet.
meanwhile-why = Below is what you typed. Save again to replace what others changed, or leave the page to keep it.

# The top of the page.
health = Health
failing-for = Every callback has failed for { $time }
failing-since = since
last-response = Last response:
ago = { $time } ago
show-callback = Show that callback
rate-of = 24 h: { $rate } of { NUMBER($count) }
median = median { $time }
heat-days = Last 30 days
heat = Last 30 days by hour: { $count ->
    [one] { NUMBER($count) } callback
   *[other] { NUMBER($count) } callbacks
}, { NUMBER($failed) } failed
waiting = waiting
held = held
failed-for-good = failed for good
sections = Sections
edit = Edit
edit-all = Edit all
no-description = No description
no-owners = no owners
signed-since = secret from { $time }
no-limit = no rate limit
limit = at most { $count } per second
in-order = ordered per subject
not-in-order = not ordered
no-headers = None
copied-from = Copy of “{ $name }”. It has a secret of its own and is disabled until you enable it.
unsaved = Unsaved changes
unsaved-in = Unsaved changes: { $fields }
discard-changes = Discard
saving-shows-secret = Saving shows the secret once.
fresh-secret = The secret of this webhook. Copy it to the receiver now: it is not shown again.
fresh-env = As an environment variable
verifying-code = Code that verifies the signature
stored-it = I have stored it
copy-url = Copy the URL
first-test = Send a test event

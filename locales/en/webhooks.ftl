# The list of webhooks.
title = Webhooks
lead = Send events to other programs as they happen.
add = Add webhook
search = Search
search-hint = Search name, URL, description
name = Name
url = URL
event = Event
description = Description
status = Status
last-day = Last 24 hours
owners = Owners
rate-heading = Rate
rate = { NUMBER($count) }/s
actions = Actions
all-events = Any event
any-status = Any status
owner = Owner
any-owner = Any owner
enable = Enable
enable-which = Enable { $name }
disable = Disable
disable-which = Disable { $name }
choose-which = Choose { $name }
more-which = More actions for { $name }
open = Open
open-log = Open log
duplicate = Duplicate
test = Send test event
copy-url = Copy URL
delete = Delete…
export = Export
plain-http = Not encrypted: this URL begins with http
failing-since = Every callback has failed since { $time }.
held = { NUMBER($count) } held
held-many = > { NUMBER($count) } held
held-hint = Deliveries held while disabled. Send or discard them on the webhook’s page.
held-send = Send them now
held-review = Review held deliveries
short-timed-out = Timeout
short-refused = Refused
short-reset = Reset
short-dns = DNS
short-tls = TLS
short-blocked = Blocked
short-invalid = Invalid
standing-enabled = { NUMBER($count) } enabled
standing-failing = { NUMBER($count) } failing
standing-disabled = { NUMBER($count) } disabled
found = { NUMBER($count) } of { NUMBER($all) }
chip-text = “{ $typed }”
chip-event = Event: { $name }
chip-status = Status: { $name }
chip-owner = Owner: { $name }
chip-remove = Remove the filter { $name }
clear = Clear
day = Last 24 hours: { $count ->
    [one] { NUMBER($count) } callback
   *[other] { NUMBER($count) } callbacks
}, { NUMBER($failed) } failed
range = { NUMBER($first) } to { NUMBER($last) } of { NUMBER($count) } webhooks
per-page = Rows:
no-callback-yet = No callback yet
count = { $count ->
    [one] { NUMBER($count) } webhook
   *[other] { NUMBER($count) } webhooks
}
nothing-found = Nothing found
nothing-found-why = No webhook matches. Search looks in name, URL and description; event, status and owner narrow it further.
show-all = Show all
none = No webhooks yet
none-why = A webhook is a URL that clearhook calls whenever one of its events happens, such as a new identity. Each callback is signed, retried when it fails, and logged here.
flow-event = An event
flow-program = Your program
none-step-add = Add a webhook: the URL to call, and the events to send.
none-step-publish = Publish an event from one of your services, or send a test event.
none-step-read = Read in the log what was sent, where to, and how the receiver answered.
none-owner = You own no webhook yet. An administrator can make you the owner of one; it then appears here, with its log.
deleted = The webhook was deleted.

# The line above a webhook that was opened from the list.
filtered = Filtered list
filtered-count = { NUMBER($count) } found
place = { NUMBER($at) } of { NUMBER($count) }
place-left = Not in this list any more ({ NUMBER($count) })
walk = Webhooks of the list
previous = Previous webhook
next = Next webhook

# Updates of the page.
updated-now = Updated just now
updates-paused = Updates paused
updates-lost = Not updated
updates-pause = Pause
updates-resume = Resume
session-ended = Your session has ended.
sign-in-again = Sign in again
undo = Undo
now-disabled = “{ $name }” is disabled. New events are held.
now-enabled = “{ $name }” is enabled. Events are sent from now on.
now-enabled-held = “{ $name }” is enabled. { $count ->
    [one] { NUMBER($count) } delivery was held and stays held until you send or discard it.
   *[other] { NUMBER($count) } deliveries were held and stay held until you send or discard them.
}
now-enabled-many = “{ $name }” is enabled. More than { NUMBER($count) } deliveries were held and stay held until you send or discard them.

# Several webhooks.
bulk = Actions for chosen webhooks
chosen = chosen
choose-all = Choose all { NUMBER($count) }
choose-none = Clear selection
new-owner = New owner
choose-owner = Owner…
add-owner = Add owner
done-enable = { $count ->
    [one] { NUMBER($count) } webhook was enabled. Events are sent from now on; held ones stay held until you send them.
   *[other] { NUMBER($count) } webhooks were enabled. Events are sent from now on; held ones stay held until you send them.
}
done-disable = { $count ->
    [one] { NUMBER($count) } webhook was disabled. New events are held.
   *[other] { NUMBER($count) } webhooks were disabled. New events are held.
}
done-test = { $count ->
    [one] { NUMBER($count) } test event was sent. Its callback is in the log.
   *[other] { NUMBER($count) } test events were sent. Their callbacks are in the logs.
}
done-owner = { $count ->
    [one] { NUMBER($count) } webhook has the new owner.
   *[other] { NUMBER($count) } webhooks have the new owner.
}
done-delete = { $count ->
    [one] { NUMBER($count) } webhook was deleted.
   *[other] { NUMBER($count) } webhooks were deleted.
}
bulk-failed = { $count ->
    [one] It failed for { NUMBER($count) } webhook:
   *[other] It failed for { NUMBER($count) } webhooks:
}
bulk-unknown = A webhook that does not exist any more
bulk-no-action = Choose what to do with the webhooks.
bulk-nothing-chosen = Choose at least one webhook first.
bulk-too-many = Choose at most { NUMBER($max) } webhooks at once.
bulk-no-owner = Choose the new owner first.
delete-title = { $count ->
    [one] Delete { NUMBER($count) } webhook?
   *[other] Delete { NUMBER($count) } webhooks?
}
delete-why = Events are no longer sent. Waiting and held deliveries fail and are never sent. The logs are hidden, and removed after the retention period. This cannot be undone.
delete-now = { $count ->
    [one] Delete { NUMBER($count) } webhook
   *[other] Delete { NUMBER($count) } webhooks
}
choose-found = All { NUMBER($count) } found
bulk-not-for-all = All webhooks found can only be enabled, disabled or deleted together. For anything else, choose up to 100.
all-found = These are all webhooks that the list finds, on all pages.
enable-title = { $count ->
    [one] Enable { NUMBER($count) } webhook?
   *[other] Enable { NUMBER($count) } webhooks?
}
enable-all-why = Events are sent from then on; held ones stay held until you send them. It can be undone.
enable-now = { $count ->
    [one] Enable { NUMBER($count) } webhook
   *[other] Enable { NUMBER($count) } webhooks
}
disable-title = { $count ->
    [one] Disable { NUMBER($count) } webhook?
   *[other] Disable { NUMBER($count) } webhooks?
}
disable-all-why = New events are held until you send them. It can be undone.
disable-now = { $count ->
    [one] Disable { NUMBER($count) } webhook
   *[other] Disable { NUMBER($count) } webhooks
}
confirm-count = Type { NUMBER($count) } to confirm
confirm-wrong = Type the number of webhooks: { NUMBER($count) }.
all-running = Changing webhooks
all-progress = { NUMBER($done) } of { NUMBER($total) } done
all-go-on = Continue
all-stop = Stop here
all-stop-hint = If you stop, { $count ->
    [one] the { NUMBER($count) } webhook that was changed remains changed
   *[other] the { NUMBER($count) } webhooks that were changed remain changed
}, and the others are left as they are.
cancel = Cancel

# The choice of columns.
columns = Columns
columns-show = Show these columns
columns-usual = Usual columns
paused = Paused after failures: one callback is sent as a probe from time to time

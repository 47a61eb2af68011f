# The list of webhooks.
title = Webhooks
lead = Tell another program at once when something happens here.
add = Add webhook
search = Search
search-hint = Search name, URL, description
name = Name
url = URL
event = Event
description = Description
status = Status
last-day = Last 24 hours
actions = Actions
all-events = All events
any-status = Any status
enable = Enable
enable-which = Enable { $name }
disable = Disable
disable-which = Disable { $name }
failing-since = Every callback has failed since { $time }.
day = Last 24 hours: { $count ->
    [one] { NUMBER($count) } callback
   *[other] { NUMBER($count) } callbacks
}, { NUMBER($failed) } failed
range = { NUMBER($first) } to { NUMBER($last) } of { NUMBER($count) } webhooks
no-callback-yet = No callback yet
count = { $count ->
    [one] { NUMBER($count) } webhook
   *[other] { NUMBER($count) } webhooks
}
nothing-found = Nothing found
nothing-found-why = No webhook is like this. Search is in name, URL and description; event and status narrow it further.
show-all = Show all
none = No webhooks yet
none-why = A webhook is an HTTPS address of yours that clearhook calls when an event happens, such as a new identity. Each callback is signed, tried again when it fails, and logged here.
none-step-add = Add a webhook: the address to call, and the events it hears of.
none-step-publish = Let a service of yours publish an event, or send a test event.
none-step-read = Read here what was sent, where, and what came back.
none-owner = You own no webhook yet. An administrator can make you the owner of one; it then stands here, with its log.
add-first = Add the first one
deleted = The webhook was deleted.

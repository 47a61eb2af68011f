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
last-response = Last response
no-callback-yet = No callback yet
count = { $count ->
    [one] { NUMBER($count) } webhook
   *[other] { NUMBER($count) } webhooks
}
older = Older
nothing-found = Nothing found
nothing-found-why = No webhook has this in its name, URL or description.
show-all = Show all
none = No webhooks yet
none-why = A webhook is an HTTPS address of yours that clearhook calls when an event happens, such as a new identity. Each callback is signed, tried again when it fails, and logged here.
add-first = Add the first one

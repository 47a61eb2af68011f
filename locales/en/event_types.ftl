# The catalogue: what can happen, and what a callback carries.
title = Event types
lead = What a webhook can hear of, and what each callback carries.
name = Event
key = Type
meaning = Meaning
webhooks = Webhooks
webhooks-of = { $count ->
    [one] { NUMBER($count) } webhook hears of { $event }
   *[other] { NUMBER($count) } webhooks hear of { $event }
}
webhooks-after = { $count ->
    [one] webhook
   *[other] webhooks
}
download-schema = Download schema
download-example = Download example
fields = Fields
fields-why = The body of each callback. What is not marked as required may be absent or null.
required = required
within = { $count ->
    [one] { NUMBER($count) } field
   *[other] { NUMBER($count) } fields
}
example = Example
example-of = Example: { $event }
used-by = Webhooks that use it
used-by-none = No webhook hears of this event yet.
used-by-none-own = None of your webhooks hears of this event.
used-by-first = { NUMBER($shown) } of { NUMBER($count) } webhooks, by name
used-by-all = Show all
every-type = All events

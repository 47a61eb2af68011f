# The overview.
lead = The last 24 hours, and what needs attention.
figures = Figures
rate = Success rate
rate-whole = { NUMBER($whole) }%
rate-exact = { NUMBER($whole) }.{ NUMBER($tenth) }%
no-rate = –
rate-up = ▲ { NUMBER($whole) }.{ NUMBER($tenth) } vs the day before
rate-down = ▼ { NUMBER($whole) }.{ NUMBER($tenth) } vs the day before
rate-same = Same as the day before
waiting = Deliveries waiting
enabled = Webhooks enabled
failing = Webhooks failing
disabled = Webhooks disabled
waiting-hint = On their way, or retried later
waiting-behind = { $webhooks ->
    [one] { NUMBER($count) } behind a failing webhook
   *[other] { NUMBER($count) } behind { NUMBER($webhooks) } failing webhooks
}
waiting-behind-more = { $webhooks ->
    [one] > { NUMBER($count) } behind a failing webhook
   *[other] > { NUMBER($count) } behind { NUMBER($webhooks) } failing webhooks
}
plain = { NUMBER($count) }
more-than = > { NUMBER($count) }
hourly = Callbacks per hour
open-webhooks = Open the webhooks
no-callbacks = No callbacks in the last 24 hours.
troubles = Needs attention
webhook = Webhook
why = Why
last = Last response
actions = Actions
failing-for = Failing for { $span }
failing-now = Failing since a moment ago
waiting-short = { NUMBER($count) } waiting
waiting-many = > { NUMBER($count) } waiting
disabled-in = disabled in { $span } unless it recovers
open-log = Open log
open-log-of = Open the log of { $name }
send-held = Send held
send-held-of = Send the held deliveries of { $name }
held = { $count ->
    [one] { NUMBER($count) } delivery held while disabled.
   *[other] { NUMBER($count) } deliveries held while disabled.
}
held-many = More than { NUMBER($count) } deliveries held while disabled.
all-failing = All { NUMBER($count) } failing webhooks
all-disabled = All disabled webhooks
well = All good: no webhook is failing, clearhook has disabled none, and nothing is held.
busiest = Busiest webhooks
slowest = Slowest webhooks
event-types = Event types
recent = Of the latest { NUMBER($count) } callbacks, since { $time }
callbacks = { $count ->
    [one] { NUMBER($count) } callback
   *[other] { NUMBER($count) } callbacks
}
on-average = { $span } on average

# First steps.
start = Getting started
start-progress = { NUMBER($done) } of { NUMBER($all) } done
start-done = Done
start-open = To do
start-webhook = Add a webhook
start-webhook-why = The URL to call, and the events to send.
start-test = Send a test event
start-test-why = From the menu of a webhook in the list, or on its page.
start-key = Create an API key
start-key-why = Programs use it to publish events.
start-publish = Publish an event
start-publish-why = Put your API key in place of YOUR_KEY:
start-factor = Turn on the second factor
start-factor-why = It protects your account even if your password leaks.
start-hide = Hide this list
copy = Copy
command = Command that publishes an event

# Callbacks by event type.
volume-up = ▲ { NUMBER($percent) }% vs the day before
volume-down = ▼ { NUMBER($percent) }% vs the day before
volume-same = As many as the day before
by-type = Callbacks by event type
other-types = { $count ->
    [one] { NUMBER($count) } other
   *[other] { NUMBER($count) } others
}
type-count = { $name }: { NUMBER($count) }
type-bar = { $from } to { $to }: { $counts }

# The map of flows.
flows = Which events go where
flow = { $event } to { $webhook }: { $count ->
    [one] { NUMBER($count) } callback
   *[other] { NUMBER($count) } callbacks
}, { NUMBER($failed) } failed
flow-failed = { NUMBER($count) } failed
other-webhooks = { $count ->
    [one] { NUMBER($count) } other
   *[other] { NUMBER($count) } others
}

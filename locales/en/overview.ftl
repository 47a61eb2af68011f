# The overview.
lead = The last 24 hours, and what needs attention.
figures = Figures
rate = Success rate
rate-whole = { NUMBER($whole) }%
rate-exact = { NUMBER($whole) }.{ NUMBER($tenth) }%
no-rate = –
waiting = Deliveries waiting
enabled = Webhooks enabled
failing = Webhooks failing
disabled = Webhooks disabled
waiting-hint = Deliveries that are on their way, or are tried again later
plain = { NUMBER($count) }
more-than = > { NUMBER($count) }
hourly = Callbacks per hour
no-callbacks = No callbacks in the last 24 hours.
troubles = What needs attention
webhook = Webhook
why = Why
last = Last response
held = { $count ->
    [one] { NUMBER($count) } delivery is held: its event came while the webhook was disabled.
   *[other] { NUMBER($count) } deliveries are held: their events came while the webhook was disabled.
}
held-many = More than { NUMBER($count) } deliveries are held: their events came while the webhook was disabled.
all-failing = All failing webhooks
all-disabled = All disabled webhooks
well = Nothing needs attention
well-why = No webhook fails, clearhook has disabled none, and nothing is held.

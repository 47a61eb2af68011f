# Deliveries that wait, are held, or have failed, and what can be done with them.
send-again = Send again…
send-held = { $count ->
    [one] Send held delivery ({ NUMBER($count) })
   *[other] Send held deliveries ({ NUMBER($count) })
}
send-held-many = Send held deliveries (more than { NUMBER($count) })
heading = Send again
range = Created
range-all = At any time
range-custom = In this range
from = From
to = to
count-them = Count
failed = { $count ->
    [one] { NUMBER($count) } failed for good
   *[other] { NUMBER($count) } failed for good
}
held = { $count ->
    [one] { NUMBER($count) } held
   *[other] { NUMBER($count) } held
}
many-failed = more than { NUMBER($count) } failed for good
many-held = more than { NUMBER($count) } held
nothing = Nothing failed for good in this range, and nothing is held.
send-chosen = Send them again
order = The oldest is sent first. If the receiver accepts it, the others follow.
enable-first = Enable the webhook first; then they can be sent.
discard-held = Discard held…
discard-waiting = Discard waiting…
discard-held-why = { $count ->
    [one] { NUMBER($count) } held delivery is not sent, now or later. Its event is kept.
   *[other] { NUMBER($count) } held deliveries are not sent, now or later. Their events are kept.
}
discard-waiting-why = { $count ->
    [one] { NUMBER($count) } waiting delivery is not sent. Callbacks that are being sent at this moment still arrive.
   *[other] { NUMBER($count) } waiting deliveries are not sent. Callbacks that are being sent at this moment still arrive.
}
discard-held-why-many = More than { NUMBER($count) } held deliveries are not sent, now or later. Their events are kept.
discard-waiting-why-many = More than { NUMBER($count) } waiting deliveries are not sent. Callbacks that are being sent at this moment still arrive.
discard = Discard them
keep = Keep holding
send-now = Send them now
were-held = { $count ->
    [one] { NUMBER($count) } delivery is still held.
   *[other] { NUMBER($count) } deliveries are still held.
}
were-held-many = More than { NUMBER($count) } deliveries are still held.
try-now = Try now
cancel = Cancel the delivery
cancel-ask = Cancel…
cancel-why = The delivery is never sent. The event stays in the list of events.
cancel-which = Cancel… the delivery of { $event }
send-one = Send
send-which = Send the delivery of { $event }
send-one-again = Send again
send-which-again = Send again: the delivery of { $event }
callbacks-of = Callbacks of { $message }

done-sent = { $count ->
    [0] Nothing is sent again: nothing failed for good in this range, and nothing is held.
    [one] { NUMBER($count) } delivery is being sent again.
   *[other] { NUMBER($count) } deliveries are being sent again.
}
done-nothing-chosen = Nothing is sent: choose what to send, deliveries that failed for good or held ones.
done-discarded = { $count ->
    [0] There was nothing to discard.
    [one] { NUMBER($count) } delivery was discarded.
   *[other] { NUMBER($count) } deliveries were discarded.
}
done-partly = { NUMBER($count) } so far; there are more.
sending-again = Sending deliveries again
discarding = Discarding deliveries
go-on = Continue
stop = Stop here
done-tried = The oldest waiting delivery is being sent now.
done-redelivered = The delivery is being sent.
done-cancelled = The delivery was cancelled.

paused = Paused after { $failures } failures in a row. One callback is sent as a probe every { $every } until one succeeds.
paused-asked = The receiver asked for a pause (Retry-After).
paused-next = Next probe in { $time }.
paused-until-event = The next event is sent as a probe, in { $time } at the earliest.
paused-trying = A probe is being sent at this moment.
paused-waiting = { $count ->
    [0] Nothing waits behind it.
    [one] { NUMBER($count) } delivery waits behind it.
   *[other] { NUMBER($count) } deliveries wait behind it.
}
paused-waiting-many = More than { NUMBER($count) } deliveries wait behind it.
paused-node = This is the state on the node that made this page; other nodes decide for themselves.

list-waiting = Waiting deliveries
list-held = Held deliveries
list-failed = Deliveries that failed for good
waiting = Waiting
held-choice = Held
failed-choice = Failed for good
column-event = Event
column-subject = Subject
column-state = State
column-due = Due
column-attempts = Attempts
column-created = Created
column-actions = Actions
state-due = Waits until it is due
state-now = Due now
state-paused = Waits: callbacks are paused
state-parked = Waits for an earlier event with the same subject
state-sending = Is being sent
state-held = Held while the webhook was disabled
state-failed = Failed for good
no-due = –
none-waiting = No delivery is waiting.
none-held = No delivery is held.
none-failed = No delivery failed for good.
older = Next
first-page = First page
unknown-event = (no longer stored)
span-seconds = { NUMBER($count) } s
span-minutes = { NUMBER($count) } min
span-hours = { NUMBER($count) } h
span-days = { NUMBER($count) } days

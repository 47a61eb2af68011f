# What rules say about what was typed; the HTTP API says it in English.
name-missing = Enter a name.
too-many-characters = Use at most { NUMBER($max) } characters.
one-line = Use one line without control characters.
control-characters = Leave out control characters.
rate = Enter a whole number from 1 to { NUMBER($max) }.

url-missing = Enter a URL.
url-too-long = Use at most { NUMBER($max) } bytes.
url-not-whole = Enter a whole URL, such as https://example.com/hooks.
url-http = Use https: callbacks over http can be read on the way. (CLEARHOOK_ALLOW_HTTP permits it.)
url-scheme = Use a URL that begins with https://.
url-user = Leave out user name and password; send an additional header instead.
url-fragment = Leave out the part after #; it is never sent.
url-no-host = Name a host, such as https://example.com/hooks.
url-blocked = { $address } is not on the public internet. An operator who trusts it can permit it alone: CLEARHOOK_ALLOWED_NETWORKS={ $address }
url-special = { $address } is not on the public internet: it is link-local, reserved, or gives away a cloud’s credentials. Do not permit it in CLEARHOOK_ALLOWED_NETWORKS; use the receiver’s own address.
url-contains = { $address } stands for the IPv4 address { $contained }, which is not on the public internet. Use the receiver’s own address; do not permit { $address } or its prefix in CLEARHOOK_ALLOWED_NETWORKS.
url-port-zero = Port 0 cannot be called. Use the port on which the receiver listens, or leave it out.
url-port = Port { $port } belongs to another protocol than HTTP. Use another port.

header-name-missing = Enter a header name, or remove the header.
header-name = Use letters, digits and hyphens in a header name.
header-reserved = This header is set by clearhook itself; choose another name.
header-host = This header is set by clearhook itself: the host follows from the URL, and HTTP/2 allows no other. Write the host in the URL, or send X-Forwarded-Host.
header-connection = This header belongs to the connection and is not passed on; choose another name.
header-twice = This header can have only one value, and there is another one with this name above; remove one.
header-value = Use one line of visible characters in a header value.
header-value-missing = Enter a value: there is no stored header with this name whose value could stay.
headers-too-many = Use at most { NUMBER($max) } headers.
headers-too-long = Use at most { NUMBER($max) } bytes in all headers together.

secret = A secret is `whsec_` followed by the base64 of 24 to 64 bytes.
overlap = Use at most 7d.
no-event = Choose at least one event.
no-such-event = there is no event type `{ $event }`
no-such-user = There is no user with this id.
no-such-owner = There is no user with this email address; add the user first.

# Names of event types (CloudEvents `type`) and patterns of them.
type-missing = Enter the name of an event type, such as invoice.paid.
type-character = `{ $sign }` cannot be part of an event type; use the letters A to Z and a to z, digits, and . _ - / :
type-start = Begin with a letter or a digit.
type-end = End with a letter or a digit.
type-separators = Put only one separator (. _ - / :) between letters or digits.
type-reserved = `{ $name }` is an address of the API; choose another name.
type-reserved-last = A name cannot end with the segment `{ $name }`, which is an address of the API; choose another name.
wildcard = Use * alone, or once at the end after a full stop, slash or colon, such as identity.*
type-fixed = The name of an event type never changes; add another type instead.
type-taken = There is an event type `{ $name }` already; change it instead.
type-of-pack = This event type belongs to a pack that comes with clearhook; only its state and its replacement can be changed.
replaced-by-itself = A type cannot be replaced by itself; name another one.
pointer = Write a JSON pointer to a value in the data, such as /card/number.
too-many-pointers = Use at most { NUMBER($max) } pointers.
too-many-examples = Use at most { NUMBER($max) } examples.
examples-too-long = Use at most { NUMBER($max) } bytes in all examples together.
incompatible = { $count ->
    [one] The schema makes { NUMBER($count) } change that breaks publishers or receivers. Confirm that it is intended (`"breaking": true`), or change the schema.
   *[other] The schema makes { NUMBER($count) } changes that break publishers or receivers. Confirm that they are intended (`"breaking": true`), or change the schema.
}
no-example = The event type { $event } has a schema but no example that could be sent; add an example first.
too-many-discovered = { NUMBER($max) } event types were registered from events already, and nobody has edited them since. Add this type yourself, or archive what is not needed.
too-many-types = An installation may have at most { NUMBER($max) } event types.
import-fault = This could not be done because of a fault of clearhook; the service log has more.

range-incomplete = Enter both times, such as 2026-11-23T09:00.
range-backwards = Choose an end after the beginning.
range-too-long = Choose at most one year (366 days).
range-hours = Choose at most 31 days by the hour, or `period=day`.
range-future = Choose a beginning before the end, and not in the future.

disabled = The webhook is disabled; enable it first.
event-too-old = The event is too old: it is not kept any more.
event-erased = The event was erased, so there is nothing to send.
erase-what = Name either a subject, or a source and an id.
no-subscription = The webhook subscribes to no event type.
delivery-being-sent = The delivery is being sent at this moment; cancel it once it waits again.
delivery-over = The delivery has ended; there is nothing to cancel.
delivery-waits = The delivery waits or is being sent already; there is nothing to send again.
delivery-ended = Only a delivery that failed for good or is held can be sent again.
no-redirect-target = The receiver named no address that can be used as the URL.
url-changed-since = The webhook has another URL now than the one that this callback was sent to.
nothing-waits = No delivery is waiting.
header-masked = Type the value again: a hidden value is kept only for a header with the same name.

no-scope = Choose at least one scope.
no-such-scope = There is no scope `{ $scope }`.
no-such-role = Choose a role.
expiry-past = Choose today or a later day.
expiry = Enter a day such as 2027-01-31, or leave it empty.
no-address = `{ $email }` is not an email address; enter one such as you@example.com.
address-taken = There is a user { $email } already; give them a new password instead.
password-short = Use at least { NUMBER($min) } characters in a password.
password-long = Use at most { NUMBER($max) } bytes in a password.
password-common = This password is too common. Try several unrelated words.
yourself = This is your own account: another administrator can do this.
last-administrator = This is the last administrator; make another user an administrator first.
moment = Enter times such as 2026-11-23T09:00.

not-its-name = This is not the name of the webhook; it was not deleted.
no-factor = There is no second factor to turn off.

# Requests.
other-site = This request came from another site. Open the console itself and try again.
too-large = This is more than clearhook accepts at once: { NUMBER($max) } bytes. Go back and shorten what you typed.

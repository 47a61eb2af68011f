# What stands on every page.
language-name = English
skip = Skip to content
navigation = Main
nav-overview = Overview
nav-webhooks = Webhooks
nav-event-types = Event types
nav-api-keys = API keys
nav-users = Users
nav-audit-log = Audit log
sign-out = Sign out
preferences = Language and theme
account-menu = Account menu: { $email }
language = Language
theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
pages = Pages
previous = Previous
next = Next
page-of = Page { NUMBER($page) } of { NUMBER($pages) }
close = Close
filters = Filters
copy = Copy
copied = Copied
copy-refused = Copying is not allowed: select the text

# Short names of the months, January first, separated by blanks.
months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
# Short names of the days of the week, Monday first, separated by blanks.
weekdays = Mon Tue Wed Thu Fri Sat Sun
today = Today
yesterday = Yesterday
utc = { $time } UTC
milliseconds = { NUMBER($count) } ms
under-ms = < 1 ms
seconds = { NUMBER($whole) }.{ NUMBER($tenth) } s
minutes = { NUMBER($minutes) } min { NUMBER($seconds) } s
under-tenth-ms = < 0.1 ms
decimal = { NUMBER($whole) }.{ NUMBER($tenth) }
tenths-of-ms = { NUMBER($whole) }.{ NUMBER($tenth) } ms

status-enabled = Enabled
status-disabled = Disabled
status-failing = Failing
disabled-gone = The receiver answered 410 Gone: it wants no more callbacks.
disabled-exhausted = { $count } deliveries in a row used up all their attempts and failed, the first of them at { $time }.

failing-count = { NUMBER($count) } failing
plain = { NUMBER($count) }

not-found = Not found
no-page = There is no page at this address. It may have moved, or the link is wrong.
all-webhooks = All webhooks
trouble = This did not work
nothing-here = There is nothing here. It may have been deleted, or the address is wrong.
signed-out = You are signed out. Reload the page to sign in again.
unreachable = clearhook did not answer. Check your connection, then try again.
failed = clearhook could not answer just now. Try again in a moment; the service log has more under { $request }.

errors = { $count ->
    [one] Please correct { NUMBER($count) } field.
   *[other] Please correct { NUMBER($count) } fields.
}
errors-left = { $count ->
    [one] { NUMBER($count) } error
   *[other] { NUMBER($count) } errors
}

refused-unavailable = clearhook cannot answer just now
refused-unavailable-why = The database cannot be reached, or is busy. Nothing was changed. Try again in a moment; the service log has more under { $request }.
refused-late = This took too long, and it is not known whether it was done. Check before you try again.
refused-broken = Something broke
refused-broken-why = This is a fault of clearhook. Try again; the service log has more under { $request }.
refused-forbidden = You may not do this
refused-forbidden-why = An administrator of clearhook can do it, or can let you.
refused-conflict = This cannot be done now
refused-conflict-why = Something has changed in the meantime. Go back, reload the page and look again.
refused-unread = This was not understood
refused-unread-why = clearhook cannot use what the browser sent. Go back, reload the page and try again.
refused-kept = What you typed is kept on this page.
refused-send-again = Send it again
refused-try-again = Try again
required = (required)
show-password = Show password
named = { $name }: { $value }

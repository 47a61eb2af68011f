# The catalogue: what can happen, and what a callback carries.
title = Event types
lead = What can happen, and what each callback carries.
name = Event
key = Type
meaning = Meaning
webhooks = Webhooks
last-day = Last 24 hours
webhooks-of = { $count ->
    [one] { NUMBER($count) } webhook receives { $event }
   *[other] { NUMBER($count) } webhooks receive { $event }
}
webhooks-after = { $count ->
    [one] webhook
   *[other] webhooks
}
events-after = { $count ->
    [one] event in 24 hours
   *[other] events in 24 hours
}
callbacks-of-day = Callbacks per hour in the last 24 hours, { NUMBER($count) } together
count = { $count ->
    [one] { NUMBER($count) } event type
   *[other] { NUMBER($count) } event types
}
new = New event type
import = Import event types
download-all = Download all
search-hint = Name, type or description
state = State
in-use = In use
any-state = Any state
state-active = Active
state-deprecated = Deprecated
state-archived = Archived
origin = Origin
any-origin = Any origin
origin-clearid = ClearID
origin-custom = Custom
origin-discovered = Discovered
no-group = Other
none = No event types
none-why = An event type describes what can happen, and the data that its events carry.
none-found = No event type matches the search and the filters.
imported = The event types were imported.

download-schema = Download schema
download-example = Download example
download-types = Download TypeScript
download-schema-of = Download schema of version { NUMBER($version) }
download-example-of = Download example of version { NUMBER($version) }
download-types-of = Download TypeScript of version { NUMBER($version) }
downloads = Downloads
fields = Fields
fields-why = The body of each callback. What is not marked as required may be absent or null.
required = required
within = { $count ->
    [one] { NUMBER($count) } field
   *[other] { NUMBER($count) } fields
}
example = Example
examples = Examples
example-which = Example { NUMBER($place) }
example-none = This type has no example yet.
used-by = Webhooks that use it
test-to = Send test event to { $name }
used-by-none = No webhook receives this event yet.
used-by-none-own = None of your webhooks receives this event.
used-by-first = { NUMBER($shown) } of { NUMBER($count) } webhooks, by name
used-by-all = Show all

version = Version
version-which = Version { NUMBER($place) }
versions = Versions
versions-of = Versions of { $name }
since = Since
changes = Changes
present = current
only-version = There is only one version so far.
compare = Compare
compare-from = From
compare-to = to
old-version = This is version { NUMBER($shown) }. The current version is { NUMBER($present) }.
present-version = Show the current version
diff-none = Nothing differs.
diff-removed = removed
diff-added = added
diff-equal = { $count ->
    [one] { NUMBER($count) } equal line
   *[other] { NUMBER($count) } equal lines
}

edit = Edit
edit-which = Edit { $name }
saved-created = The event type was added. Its events can be published now.
saved-changed = The event type was saved.
saved-active = The event type is active again.
saved-deprecated = The event type is deprecated. Its events are still delivered.
saved-archived = The event type is archived. Its events are refused from now on.
use-instead = Use instead:
deprecated-why = This event type is deprecated: its events are still delivered, but it may be archived.
archived-why = This event type is archived: its events are refused. Earlier events stay in the log.
deprecate = Deprecate
deprecate-why = Its events are still accepted and delivered. Its page and the event picker say that it should not be used any more.
deprecate-now = Deprecate this event type
replaced-by = Type to use instead (optional)
undeprecate = Make active again
archive = Archive
archive-why = New events of this type are refused, and webhooks can no longer choose it. Waiting deliveries are still sent, and the log is kept. It can be restored.
archive-now = Archive this event type
restore = Restore

general-why = How it is shown. Everything but the type can be changed at any time.
key-hint = Letters and digits, separated by . _ - / or :, such as invoice.paid. It cannot be changed later.
name-hint = The name that people see, such as “Invoice paid”.
group = Group
group-hint = Optional. Types of a group are listed together.
description-hint = When the event is sent and what it means, for developers of receivers.
data = Data
data-why = The schema and an example of the data field of the callback.
schema = Schema
schema-hint = JSON Schema, draft 2020-12. Leave it empty to allow any JSON.
example-hint = JSON that matches the schema. It is sent by test events.
example-add = Add example
example-remove = Remove
example-remove-which = Remove example { NUMBER($place) }
infer = Infer schema from the examples
check = Check
keeping = Privacy
keeping-why = How long payloads are kept, and which values people may see.
retention = Days to keep payloads
retention-hint = Empty: as long as this installation keeps events.
days = { $count ->
    [one] { NUMBER($count) } day
   *[other] { NUMBER($count) } days
}
masked = Hidden values
masked-hint = JSON pointers into data, one a line, such as /customer/email. The console does not show these values.
draft-schema = The schema cannot be used
draft-example = Example { NUMBER($place) } does not match the schema
draft-any = Any JSON is allowed. { $examples }
draft-valid = { $count ->
    [one] The schema is valid and has { NUMBER($count) } field. { $examples }
   *[other] The schema is valid and has { NUMBER($count) } fields. { $examples }
}
draft-no-example = There is no example.
draft-fits = { $count ->
    [one] The example is valid.
   *[other] All { NUMBER($count) } examples are valid.
}
draft-invalid = This cannot be saved yet.
report-rejected = Publishers: what is allowed today, and would be refused
report-sent = Receivers: what cannot occur today, and could be sent
report-stored-none = None of the last { NUMBER($checked) } events would be refused.
report-stored = { $count ->
    [one] { NUMBER($count) } of the last { NUMBER($checked) } events would be refused:
   *[other] { NUMBER($count) } of the last { NUMBER($checked) } events would be refused:
}
incompatible = This change of the schema can break publishers or receivers. Nothing was saved.
incompatible-why = Save again with the check box if it is intended.
breaking = Save despite breaking changes
meanwhile = Somebody else changed this event type in the meantime. Nothing was saved.
meanwhile-why = Your text is below. These are the other changes; if you save now, yours replace them.

import-lead = From an OpenAPI or AsyncAPI document, a JSON Schema, or examples. Nothing is stored before you have seen what would change.
import-file = File
import-file-hint = JSON or YAML, up to { NUMBER($mib) } MiB. References must stay within the same file.
import-paste = Or paste its content
import-check = Check file
import-apply = { $count ->
    [one] Import { NUMBER($count) } event type
   *[other] Import { NUMBER($count) } event types
}
import-again = Check another file
import-nothing = There is nothing to import: every event type is already the same.
import-rejected = The document cannot be imported. Nothing was stored.
import-result = What would happen
import-new = { $count ->
    [one] { NUMBER($count) } new
   *[other] { NUMBER($count) } new
}
import-changed = { $count ->
    [one] { NUMBER($count) } changed
   *[other] { NUMBER($count) } changed
}
import-unchanged = { $count ->
    [one] { NUMBER($count) } unchanged
   *[other] { NUMBER($count) } unchanged
}
import-breaking = Import breaking changes as well
import-missing = Choose a file or paste its content.
import-more = and { NUMBER($count) } more
sign-in = Sign in
repeats = The same fields as { $definition }, which contains itself.
every-type = All events
not-json = This is not JSON: { $detail }.

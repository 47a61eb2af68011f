# API keys, users, owners of webhooks.
search = Search
older = Older
show-all = Show all
nothing-found = Nothing found
cancel = Cancel
created = Created
status = Status
never = Never
shown-once = Copy it now: it is not shown again.

api-keys = API keys
api-keys-lead = Programs use API keys to publish events and call the API.
api-keys-search-hint = Search name or key
api-key-create = Create API key
api-keys-none = No API keys yet
api-keys-none-why = A program that publishes events needs a key with the scope events:write. Give each program its own key, so that each can be revoked alone.
api-keys-nothing = No key has this in its name or begins with it.
api-keys-count = { $count ->
    [one] { NUMBER($count) } key
   *[other] { NUMBER($count) } keys
}
key-name = Name
key-name-hint = The program that will use it, such as “HR sync”.
key-is = Key of “{ $name }”
scopes = Scopes
scopes-hint = Give a program what it needs and no more.
expires = Expires
expires-hint = The last day on which the key works. Leave empty for no end.
expires-presets = Usual periods
expires-in = { $days ->
    [one] { NUMBER($days) } day
   *[other] { NUMBER($days) } days
}
expires-never = Never
expires-never-why = A key without a last day is accepted until somebody revokes it. This includes a lost key and the key of a program that no longer runs. Write down when to replace the key.
last-used = Last used
key-live = Active
key-expired = Expired
key-revoked = Revoked
revoke = Revoke
revoke-label = Revoke { $name }
revoke-why = Programs that use “{ $name }” are refused immediately. This cannot be undone.
revoke-now = Revoke key
revoked-done = The key was revoked. Programs that use it are refused from now on.
key-made = The API key was created
key-made-why = Give it to the program now. clearhook keeps only a hash of it and cannot show it again.
key-to-list = All API keys
scope-events-write-name = Publish events
scope-events-write = Send events to clearhook.
scope-event-types-write-name = Manage event types
scope-event-types-write = Add, change, import and archive event types.
scope-webhooks-read-name = Read webhooks
scope-webhooks-read = Read webhooks, without their secrets.
scope-webhooks-write-name = Manage webhooks
scope-webhooks-write = Add, change and delete webhooks; send test events; send deliveries again, cancel or discard them.
scope-callbacks-read-name = Read logs
scope-callbacks-read = Read events, deliveries, callbacks and their statistics.
scope-metrics-read-name = Read metrics
scope-metrics-read = Read the metrics of the service.
scope-admin-name = Manage users and API keys
scope-admin = Manage users and API keys, and read the audit log. A program with this key can create keys with any scope.

users = Users
users-lead = Administrators can do everything. API owners can view their own webhooks.
users-search-hint = Search email
user-add = Add user
users-nothing = No email address contains this.
users-count = { $count ->
    [one] { NUMBER($count) } user
   *[other] { NUMBER($count) } users
}
email = Email
role = Role
role-administrator = Administrator
role-api-owner = API owner
role-administrator-why = Can view and change everything.
role-api-owner-why = Can view their own webhooks and their logs.
last-sign-in = Last sign-in
user-active = Active
user-disabled = Disabled
password = Password
password-hint = Leave it empty to have one generated.
password-of = Password of { $email }
user-made = The user was added
user-made-why = Hand the password over safely; it is changed under Account after the first sign-in.
user-to-list = All users
role-why = Takes effect immediately.
role-save = Change role
password-why = For a user who lost it. The user is signed out everywhere.
password-reset = Reset password
password-made = The password was reset
access = Access
access-why = A disabled user is signed out immediately and cannot sign in. What they did stays in the audit log.
disable-label = Disable { $email }
disable-ask = Disable…
disable-why = { $email } is signed out immediately and cannot sign in until enabled again.
enable = Enable
owned = Webhooks
owned-why = Webhooks this user owns.
owned-none = None. Owners are set on the webhook, under General.
changes = Changes in the audit log
saved-password = The password was reset; the user is signed out everywhere.
saved-role = The role was changed.
saved-disabled = The user was disabled and signed out.
saved-enabled = The user was enabled and can sign in again.
yourself = This is your own account. Only another administrator can change your role and your access.

owners = Owners
owners-hint = API owners can view this webhook and its log, but not change it.
owners-none = There are no API owners yet.
owners-add = Add an API owner

second-factor = Second factor
second-factor-why = For a user who lost the device and the recovery codes. The user is signed out everywhere and can set up a new one.
second-factor-reset = Turn off second factor
saved-second-factor = The second factor was turned off; the user is signed out everywhere.
own-password = Your own password
owners-filter = Filter owners
owners-chosen = { NUMBER($chosen) } of { NUMBER($count) } chosen
owners-filter-now = Filter
owners-remove = Remove owner: { $email }
owners-no-match = No user matches the filter.
owners-list = Chosen owners

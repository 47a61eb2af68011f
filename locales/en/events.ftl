# The event types of the catalogue.
identity-created-name = Identity created
identity-created-summary = A person was added.
identity-created-description = Sent when a person is added, whether by hand, by self-service or by synchronisation with another system. Carries the whole identity as it was saved.

identity-updated-name = Identity updated
identity-updated-summary = Something about a person changed.
identity-updated-description = Sent when anything about a person changes: name, contact, employment, status, dates or custom fields. Carries the whole identity after the change, and a list of the fields that changed with their old and new values.

identity-deleted-name = Identity deleted
identity-deleted-summary = A person was removed.
identity-deleted-description = Sent when a person is removed for good; one who is only deactivated gives an update with the status `inactive`. Carries the identity as it last was.

identity-request-created-name = Identity requests created
identity-request-created-summary = Somebody asked for one or more people to be added or changed.
identity-request-created-description = Sent when somebody asks for people to be added or changed, such as the onboarding of one newcomer or of many. Carries the request, the people it asks for, and those who have to approve it.

identity-request-updated-name = Identity requests updated
identity-request-updated-summary = A request about people moved on or was decided.
identity-request-updated-description = Sent when a request about people changes: an approver decided, or it was approved, denied, cancelled or expired. Carries the whole request after the change, and the status it had before.

access-request-created-name = Access requests created
access-request-created-summary = Somebody asked for access to an area.
access-request-created-description = Sent when somebody asks for access to an area, for a time or without end. Carries the request: the area, the person the access is for, and those who have to approve it.

access-request-updated-name = Access requests updated
access-request-updated-summary = A request for access moved on or was decided.
access-request-updated-description = Sent when a request for access changes: an approver decided, or it was approved, denied, cancelled or expired. Carries the whole request after the change, and the status it had before.

visit-created-name = Visit created
visit-created-summary = A visit was requested.
visit-created-description = Sent when a visit is requested. Carries the visit: its site and times, the host, and every visitor expected.

visit-updated-name = Visit updated
visit-updated-summary = A visit or its visitors changed.
visit-updated-description = Sent when a visit changes: it was approved, denied, moved or cancelled, or a visitor checked in or out. Carries the whole visit after the change, and the status it had before.

role-membership-changed-name = Role membership changed
role-membership-changed-summary = A person joined or left a role.
role-membership-changed-description = Sent when a person is added to a role or removed from it; a change of several members gives one event for each. Carries the role, the member, and which of the two happened.

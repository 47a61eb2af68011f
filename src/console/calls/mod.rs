//! What pages read: views of the data, as text in the viewer's language and zone, and how each is had. Each question begins by asking who
//! is calling.

mod account;
mod administration;
mod current_user;
mod event_types;
mod form;
mod list;
mod log;
mod overview;
mod refusal;

pub use self::{
    account::{
        AccountForm, AccountProblem, AccountView, EnrolView, KeptView, PostedAccount, SessionView, SetupProblem, SetupView, SignInProblem,
        SignInView, UnfitView, account, setup_form, sign_in_form,
    },
    administration::{
        AuditQuery, AuditRowView, AuditView, DifferenceView, KeyFormView, KeyRowView, KeyState, KeysView, OpenEntryView, OwnedView,
        PostedUser, SecretView, UserFormView, UserRowView, UserView, UsersView, api_keys, audit_log, new_api_key, new_user, user, users,
    },
    current_user::who,
    event_types::{EventTypeView, EventTypesView, HearingView, event_type, event_types},
    form::{PostedForm, details_form, new_form},
    list::{ListQuery, list_webhooks},
    log::{
        AgainView, AttemptView, BarView, BodyView, CallbackView, ChartView, ChoiceView, FoundLog, LogQuery, LogView, OpenCallbackView,
        SentHeaderView, webhook_log,
    },
    overview::{OverviewView, TroubleView, overview},
    refusal::{RefusalView, refusal},
};
pub use crate::console::islands::{ErrorView, HeaderView};
use crate::domain::{role::Role, webhook::Status};

/// A moment as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeView {
    /// In the viewer's zone.
    pub text: String,
    /// RFC 3339.
    pub datetime: String,
    /// In UTC.
    pub utc: String,
}

/// Whoever is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoView {
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
}

/// A row of the list of webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowView {
    /// Which.
    pub id: String,
    /// How people call it.
    pub name: String,
    /// Where callbacks go.
    pub url: String,
    /// Its first event.
    pub event: String,
    /// How many more events it hears of.
    pub more_events: u32,
    /// All of them, one after the other.
    pub events: String,
    /// What it is for.
    pub description: String,
    /// How it stands.
    pub status: Status,
    /// Why it stands so.
    pub reason: Option<String>,
    /// Its newest callback.
    pub last: Option<LastView>,
    /// Its last 24 hours, when there was any callback in them.
    pub bars: Option<BarsView>,
}

/// Bars of 24 hours, drawn by the server: paths in a field of 95 by 22.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarsView {
    /// Callbacks that succeeded.
    pub succeeded: String,
    /// Callbacks that failed, on top of them.
    pub failed: String,
    /// The same in words.
    pub label: String,
}

/// The newest callback of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastView {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The status code.
    pub status: Option<u16>,
    /// Its name.
    pub response: String,
    /// When.
    pub at: TimeView,
}

/// The list of webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListView {
    /// This page of it.
    pub rows: Vec<RowView>,
    /// Webhooks on all pages.
    pub total: u64,
    /// The number of the first row, from 1.
    pub first: u64,
    /// This page's number, from 1.
    pub page: u64,
    /// The last page's number.
    pub pages: u64,
    /// Whether there is any webhook, found or not.
    pub any: bool,
    /// Whether they may add webhooks.
    pub may_write: bool,
}

/// A user who can be an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerView {
    /// Who.
    pub id: String,
    /// Their address.
    pub email: String,
}

/// What people set of a webhook, as the text of a form. Whoever makes one names every field, so that the compiler finds the places that a
/// new field needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormFields {
    /// How people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where callbacks go.
    pub url: String,
    /// Whether callbacks are made.
    pub enabled: bool,
    /// The secret, only of a new webhook.
    pub secret: String,
    /// The rate limit; `None` when the form has no fields for it, so that what is stored stays.
    pub rate: Option<RateView>,
    /// Whether events of one subject are sent one after the other; `None` when the form does not say.
    pub ordered: Option<bool>,
    /// Additional headers.
    pub headers: Vec<HeaderView>,
    /// The events it hears of.
    pub events: Vec<String>,
    /// Ids of its owners; none when the form said nothing of them.
    pub owners: Option<Vec<String>>,
}

/// A rate limit as it was typed. There is no limit when both are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateView {
    /// Callbacks a second.
    pub per_second: String,
    /// Callbacks at once.
    pub burst: String,
}

/// The form of a webhook, new or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormView {
    /// Which; none when it is new.
    pub id: Option<String>,
    /// The heading: the stored name.
    pub title: String,
    /// What stands in the fields.
    pub fields: FormFields,
    /// When the stored secret was made.
    pub secret_created: Option<TimeView>,
    /// The users who can be owners.
    pub possible_owners: Vec<OwnerView>,
    /// What is wrong.
    pub errors: Vec<ErrorView>,
    /// The field at which a button changed the form without saving it: a row more, another secret.
    pub edited: Option<String>,
    /// When the webhook was last changed, as far as whoever fills it in knows: milliseconds since 1970.
    pub seen: Option<i64>,
    /// What others changed since then, when nothing was saved for that reason.
    pub meanwhile: Option<Vec<OpenEntryView>>,
    /// How it stands.
    pub status: Option<Status>,
    /// Why and since when it is disabled, when clearhook disabled it.
    pub given_up: Option<GivenUpView>,
    /// Whether they may change it.
    pub editable: bool,
    /// Whether an address may begin with `http://`.
    pub http: bool,
    /// What came of a button that was pressed.
    pub acted: ActedView,
}

/// A webhook that clearhook disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUpView {
    /// Why.
    pub reason: String,
    /// Since when, as far as the audit log still knows.
    pub since: Option<TimeView>,
    /// Deliveries that are held for it: "3 deliveries are held.".
    pub held: Option<String>,
}

/// What came of a button of a webhook's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActedView {
    /// Why it was not done.
    pub refused: Option<String>,
    /// A new secret: in this one answer, and nowhere else.
    pub secret: Option<String>,
    /// How long the secret before it still signs.
    pub old_until: Option<TimeView>,
}

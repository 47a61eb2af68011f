//! A section of a webhook's page. On the page of a stored webhook it is collapsed to one line; a fragment of the address that is inside it opens it.

use leptos::prelude::*;

use crate::{
    console::{
        components::help::{HelpTip, Topic},
        viewer::lang,
    },
    messages::webhook as say,
};

/// What a section is made of.
pub(super) struct Section {
    /// The id of its content, for links to it.
    pub(super) id: &'static str,
    /// The id of its heading.
    pub(super) heading_id: &'static str,
    /// Its heading.
    pub(super) heading: &'static str,
    /// What the help beside it explains.
    pub(super) topic: Topic,
    /// What it is for.
    pub(super) why: &'static str,
    /// Its content in one line. `None` for a new webhook, whose sections are not collapsed.
    pub(super) summary: Option<AnyView>,
    /// Controls beside the line while the section is closed. They must not be inside the line, because `<summary>` is a control itself.
    pub(super) beside: Option<AnyView>,
    /// Whether it is open.
    pub(super) is_open: bool,
    /// Whether the viewer may change it.
    pub(super) editable: bool,
    /// Its content.
    pub(super) body: AnyView,
}

impl Section {
    pub(super) fn view(self) -> AnyView {
        let lang = lang();
        let Some(summary) = self.summary else {
            return view! {
                <section aria-labelledby=self.heading_id>
                    <div>
                        <div class="titled">
                            <h2 id=self.heading_id>{self.heading}</h2>
                            <HelpTip topic=self.topic heading=self.heading />
                        </div>
                        <p>{self.why}</p>
                    </div>
                    <div id=self.id>{self.body}</div>
                </section>
            }
            .into_any();
        };
        let edit = self.editable.then(|| {
            view! {
                <span class="edit" aria-hidden="true">
                    {say::edit(lang)}
                </span>
            }
        });
        let beside = self.beside.map(|beside| {
            view! { <div class="section-aside picker-schemas">{beside}</div> }
        });
        view! {
            <section class="folded" aria-labelledby=self.heading_id>
                <details open=self.is_open>
                    <summary>
                        <h2 id=self.heading_id>{self.heading}</h2>
                        <span class="summary-line">{summary}</span>
                        {edit}
                    </summary>
                    <div class="folded-body" id=self.id>
                        <p class="hint">{self.why}</p>
                        <div>{self.body}</div>
                    </div>
                </details>
                {beside}
                <HelpTip topic=self.topic heading=self.heading />
            </section>
        }
        .into_any()
    }
}

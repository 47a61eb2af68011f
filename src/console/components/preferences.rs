//! The buttons for language and theme: a plain form that sets cookies and returns to the page.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CONTRAST, Icon, MOON, SUN},
        viewer::{Theme, Viewer, viewer},
    },
    messages::{Lang, common},
};

/// The buttons.
#[component]
pub(in crate::console) fn Preferences() -> impl IntoView {
    let Viewer { lang, theme } = viewer();
    let themes = [
        (Theme::System, CONTRAST, common::theme_system(lang)),
        (Theme::Light, SUN, common::theme_light(lang)),
        (Theme::Dark, MOON, common::theme_dark(lang)),
    ];
    let languages = Lang::ALL.into_iter().filter(|other| *other != lang).map(|other| {
        view! {
            <button class="quiet" type="submit" name="lang" value=other.as_str() lang=other.as_str()>
                {common::language_name(other)}
            </button>
        }
    });
    let choices = themes.map(|(choice, path, name)| {
        let pressed = if choice == theme { "true" } else { "false" };
        view! {
            <button type="submit" name="theme" value=choice.as_str() aria-pressed=pressed aria-label=name title=name>
                <Icon path />
            </button>
        }
    });
    view! {
        <form class="preferences" method="post" action="/preferences" aria-label=common::preferences(lang)>
            {languages.collect_view()}
            <div class="choices" role="group" aria-label=common::theme(lang)>
                {choices.collect_view()}
            </div>
        </form>
    }
}

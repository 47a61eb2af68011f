//! The choice of language and theme: a plain form that sets cookies and returns to the page.

use leptos::prelude::*;

use crate::{
    console::{
        components::icon::{CONTRAST, Icon, MOON, SUN},
        viewer::{Theme, Viewer, viewer},
    },
    messages::{Lang, common},
};

/// The form.
#[component]
pub(in crate::console) fn Preferences() -> impl IntoView {
    let Viewer { lang, theme } = viewer();
    let pressed = |is_chosen: bool| if is_chosen { "true" } else { "false" };
    let languages = Lang::ALL.into_iter().map(|choice| {
        view! {
            <button type="submit" name="lang" value=choice.as_str() lang=choice.as_str() aria-pressed=pressed(choice == lang)>
                {common::language_name(choice)}
            </button>
        }
    });
    let themes = [
        (Theme::System, CONTRAST, common::theme_system(lang)),
        (Theme::Light, SUN, common::theme_light(lang)),
        (Theme::Dark, MOON, common::theme_dark(lang)),
    ]
    .map(|(choice, path, name)| {
        view! {
            <button type="submit" name="theme" value=choice.as_str() aria-pressed=pressed(choice == theme) aria-label=name title=name>
                <Icon path />
            </button>
        }
    });
    view! {
        <form class="preferences" method="post" action="/preferences" aria-label=common::preferences(lang)>
            <span id="choose-language">{common::language(lang)}</span>
            <div class="choices words" role="group" aria-labelledby="choose-language">
                {languages.collect_view()}
            </div>
            <span id="choose-theme">{common::theme(lang)}</span>
            <div class="choices" role="group" aria-labelledby="choose-theme">
                {themes.collect_view()}
            </div>
        </form>
    }
}

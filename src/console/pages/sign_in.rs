//! Sign in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    console::{
        calls::sign_in_form,
        components::{icon::Mark, preferences::Preferences},
        viewer::lang,
    },
    messages::sign_in as say,
};

/// Sign in with e-mail and password.
#[component]
pub(in crate::console) fn SignIn() -> impl IntoView {
    let lang = lang();
    let form = Resource::new_blocking(|| (), |()| sign_in_form());
    let query = use_query_map();
    let next = move || query.read().get("next").unwrap_or_default();
    view! {
        <Title text=say::sign_in(lang) />
        <main id="main" class="alone">
            <div class="sign-in">
                <p class="brand">
                    <Mark />
                    "clearhook"
                </p>
                <h1>{say::sign_in(lang)}</h1>
                <Suspense>
                    {move || Suspend::new(async move {
                        let view = form.await.unwrap_or_default();
                        let invalid = view.error.as_ref().map(|_| "true");
                        let described = view.error.as_ref().map(|_| "sign-in-error");
                        view! {
                            <form method="post" action="/sign-in">
                                {view
                                    .error
                                    .map(|error| view! {
                                        <p class="notice bad" role="alert" id="sign-in-error">
                                            {error}
                                        </p>
                                    })}
                                <input type="hidden" name="next" value=next />
                                <div class="field">
                                    <label for="email">{say::email(lang)}</label>
                                    <input
                                        id="email"
                                        name="email"
                                        type="email"
                                        autocomplete="username"
                                        required
                                        maxlength="254"
                                        value=view.email
                                        aria-invalid=invalid
                                        aria-describedby=described
                                    />
                                </div>
                                <div class="field">
                                    <label for="password">{say::password(lang)}</label>
                                    <input
                                        id="password"
                                        name="password"
                                        type="password"
                                        autocomplete="current-password"
                                        required
                                        maxlength="1024"
                                        aria-invalid=invalid
                                        aria-describedby=described
                                    />
                                </div>
                                <button class="button primary wide" type="submit">
                                    {say::sign_in(lang)}
                                </button>
                            </form>
                        }
                    })}
                </Suspense>
                <Preferences />
            </div>
        </main>
    }
}

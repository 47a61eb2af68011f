//! "Logs": the callbacks of a webhook. Absent until the first one has occurred, then there without a reload.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    console::{
        calls::{CallbackView, LogQuery, LogView, webhook_log},
        components::{query_form::QueryForm, state::ResponseBadge, time::Time},
        pages::{callback::OpenCallback, webhooks::escaped},
        viewer::lang,
    },
    messages::{Lang, logs as say},
};

/// How often a page without a log looks whether there is one.
const LOOK: Duration = Duration::from_secs(3);

const PRESETS: [(&str, fn(Lang) -> &'static str); 6] = [
    ("1h", say::range_1h),
    ("today", say::range_today),
    ("24h", say::range_24h),
    ("7d", say::range_7d),
    ("30d", say::range_30d),
    ("12m", say::range_12m),
];

/// The log of a webhook.
#[component]
pub(super) fn Logs(id: Memo<String>) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        LogQuery {
            range: given("range"),
            from: given("from"),
            to: given("to"),
            after: given("after"),
            callback: given("callback"),
        }
    });
    let log = Resource::new_blocking(move || (id.get(), asked.get()), |(id, query)| webhook_log(id, query));
    look_until_there(log);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match log.await {
                    Ok(Some(log)) => view! { <Log log id=id.get_untracked() /> }.into_any(),
                    // Before the first callback there is nothing to say; that there is no such webhook stands above.
                    Ok(None) | Err(_) => ().into_any(),
                }
            })}
        </Transition>
    }
}

/// In the browser only, and only while the page can be seen.
fn look_until_there(log: Resource<Result<Option<LogView>, crate::console::ConsoleError>>) {
    Effect::new(move |_| {
        let missing = move || matches!(log.get_untracked(), Some(Ok(None)));
        let look = move || {
            if missing() && !document().hidden() {
                log.refetch();
            }
        };
        if let Ok(timer) = set_interval_with_handle(look, LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
}

#[component]
fn Log(log: LogView, id: String) -> impl IntoView {
    let lang = lang();
    let path = format!("/webhooks/{id}");
    let range = if log.range.is_empty() {
        format!("from={}&to={}", escaped(&log.from), escaped(&log.to))
    } else {
        format!("range={}", log.range)
    };
    let older = log.next.as_ref().map(|next| format!("{path}?{range}&after={next}#logs"));
    let closing = format!("{path}?{range}#logs");
    let is_empty = log.rows.is_empty();
    view! {
        <section class="full" id="logs" aria-labelledby="logs-heading">
            <div class="head">
                <h2 id="logs-heading">{say::title(lang)}</h2>
            </div>
            {log.open.map(|open| view! { <OpenCallback open close=closing /> })}
            <div class="bar">
                <nav class="segments" aria-label=say::range(lang)>
                    {PRESETS
                        .into_iter()
                        .map(|(key, name)| {
                            let current = (log.range == key).then_some("true");
                            view! {
                                <a href=format!("{path}?range={key}#logs") aria-current=current>
                                    {name(lang)}
                                </a>
                            }
                        })
                        .collect_view()}
                </nav>
                <QueryForm path=path.clone() anchor="#logs" class="range">
                    <label>{say::from(lang)} " " <input type="datetime-local" name="from" required value=log.from aria-describedby="range-error" /></label>
                    <label>{say::to(lang)} " " <input type="datetime-local" name="to" required value=log.to aria-describedby="range-error" /></label>
                    <button class="button" type="submit">
                        {say::show(lang)}
                    </button>
                </QueryForm>
            </div>
            <p class="field-error" id="range-error" role="alert">
                {log.error.unwrap_or_default()}
            </p>
            <div class="card">
                <table class="stack log" aria-label=say::callbacks(lang)>
                    <thead>
                        <tr>
                            <th scope="col">{say::date(lang)}</th>
                            <th scope="col">{say::event(lang)}</th>
                            <th scope="col">{say::url(lang)}</th>
                            <th scope="col">{say::response(lang)}</th>
                            <th scope="col">{say::attempt(lang)}</th>
                            <th scope="col">{say::duration(lang)}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {log
                            .rows
                            .into_iter()
                            .map(|row| {
                                let open = format!("{path}?{range}&callback={}#callback", row.id);
                                view! { <Row row open /> }
                            })
                            .collect_view()}
                    </tbody>
                </table>
                {is_empty.then(|| view! { <p class="none">{say::none(lang)}</p> })}
                <div class="foot">
                    <span>{say::foot(lang, &log.zone)}</span>
                    {older.map(|older| view! { <a class="button" href=older>{say::older(lang)}</a> })}
                </div>
            </div>
        </section>
    }
}

#[component]
fn Row(row: CallbackView, open: String) -> impl IntoView {
    view! {
        <tr>
            <td class="name nowrap">
                <a href=open>
                    <Time at=row.at />
                </a>
            </td>
            <td>{row.event}</td>
            <td class="mono clip" title=row.url.clone()>
                {row.url.clone()}
            </td>
            <td>
                <ResponseBadge succeeded=row.succeeded status=row.status response=row.response />
            </td>
            <td class="number">
                <span class="stacked-label">{say::attempt(lang())} " "</span>
                {row.attempt}
            </td>
            <td class="number">{row.duration}</td>
        </tr>
    }
}

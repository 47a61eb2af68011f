//! The guide for developers of receivers: how to verify signatures, and what to answer. The code on the page is run by tests
//! (`tests/integration/signature_guide.rs`).

pub mod verify_webhook;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    console::{
        components::{code::Code, inline_code::InlineCode},
        islands::CopyText,
        viewer::lang,
    },
    messages::{Lang, common, guide as say},
};

/// The code that verifies a signature, by language.
const CODE: [(&str, &str); 8] = [
    ("JavaScript (Node.js)", include_str!("verify.mjs")),
    ("Python", include_str!("verify.py")),
    ("Rust (hmac, sha2, base64)", include_str!("verify.rs")),
    ("Go", include_str!("verify.go")),
    ("Java", include_str!("Verify.java")),
    ("PHP", include_str!("verify.php")),
    ("C#", include_str!("Verify.cs")),
    ("Shell (openssl)", include_str!("verify.sh")),
];

/// A callback with a known signature, for the tests of a receiver. From the specification Standard Webhooks.
const CHECK: &str = "\
secret             whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
webhook-id         msg_p5jXN8AQM9LWM0D4loKWxJek
webhook-timestamp  1614265330
body               {\"test\": 2432232314}

webhook-signature  v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// The page.
#[component]
pub fn Guide() -> impl IntoView {
    let lang = lang();
    view! {
        <Title text=say::title(lang) />
        <div class="head">
            <div>
                <h1>{say::title(lang)}</h1>
                <p>{say::lead(lang)}</p>
            </div>
        </div>
        <div class="guide">
            <h2 id="callback">{say::callback(lang)}</h2>
            {paragraphs(&[say::callback_what(lang), say::callback_schema(lang)])}
            {signature(lang)}
            <Sample heading=say::check(lang).to_owned() text=CHECK.to_owned() />
            <h2 id="answer">{say::answer(lang)}</h2>
            {paragraphs(&[say::answer_status(lang), say::answer_twice(lang), say::answer_order(lang)])}
            <h2 id="local">{say::local(lang)}</h2>
            {paragraphs(&[say::local_listen(lang), say::local_forward(lang)])}
        </div>
    }
}

/// The code in each language. Only one language is open at a time, the first one from the beginning if `is_open`.
#[component]
pub fn VerifyingCode(is_open: bool) -> impl IntoView {
    let samples = CODE.iter().enumerate().map(|(at, (language, code))| {
        let code = code.trim_end().to_owned();
        view! {
            <details class="language" name="language" open=is_open && at == 0>
                <summary>{*language}</summary>
                <Sample heading=(*language).to_owned() text=code />
            </details>
        }
    });
    view! { <div class="languages">{samples.collect_view()}</div> }
}

/// The steps, and the code.
fn signature(lang: Lang) -> AnyView {
    view! {
        <h2 id="signature">{say::signature(lang)}</h2>
        {steps(lang)}
        <VerifyingCode is_open=true />
        <p class="hint">
            <InlineCode text=say::libraries(lang) />
            " "
            <a href="https://github.com/standard-webhooks/standard-webhooks" rel="external noopener">
                "github.com/standard-webhooks"
            </a>
        </p>
    }
    .into_any()
}

fn paragraphs(texts: &[&'static str]) -> AnyView {
    texts
        .iter()
        .map(|text| view! { <p><InlineCode text=*text /></p> })
        .collect_view()
        .into_any()
}

fn steps(lang: Lang) -> AnyView {
    let steps = [
        say::step_raw(lang),
        say::step_text(lang),
        say::step_key(lang),
        say::step_compare(lang),
        say::step_time(lang),
    ];
    let items = steps.map(|step| view! { <li><InlineCode text=step /></li> });
    view! { <ol>{items.collect_view()}</ol> }.into_any()
}

#[component]
fn Sample(heading: String, text: String) -> impl IntoView {
    view! {
        <div class="example-head">
            <h3>{heading.clone()}</h3>
            <CopyText text=text.clone() label=common::copy(lang()).to_owned() />
        </div>
        <Code label=heading text />
    }
}

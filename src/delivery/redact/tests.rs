use std::io::Write;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::*;

fn header(name: &str, value: &str, secret: bool) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
        secret,
    }
}

fn hides(name: &str, value: &str) -> Redactor {
    Redactor::new(&[header(name, value, true)], std::iter::empty())
}

fn shown(redactor: &Redactor, text: &str) -> String {
    redactor.text(text.as_bytes())
}

#[test]
fn values_and_their_credentials_are_hidden_wherever_they_stand() {
    let redactor = hides("Authorization", "Bearer abcdefgh12");
    assert_eq!(
        shown(&redactor, "you sent Bearer abcdefgh12, Bearer abcdefgh12!"),
        format!("you sent {HIDDEN}, {HIDDEN}!")
    );
    assert_eq!(shown(&redactor, "token=abcdefgh12"), format!("token={HIDDEN}"));
    assert_eq!(shown(&redactor, "Bearer of bad news"), "Bearer of bad news");
    let basic = hides("Authorization", &format!("Basic {}", STANDARD.encode("me:correct/horse+battery")));
    for text in [
        "me:correct/horse+battery",
        "correct/horse+battery",
        "correct%2Fhorse%2Bbattery",
        r"correct\/horse+battery",
    ] {
        assert_eq!(shown(&basic, text), HIDDEN, "{text}");
    }
    let digest = hides(
        "Authorization",
        "Digest username=\"me\", response=\"6629fae49393a05397450978507c4ef1\", qop=auth",
    );
    assert_eq!(
        shown(&digest, "got 6629FAE49393A05397450978507C4EF1, qop auth"),
        format!("got {HIDDEN}, qop auth")
    );
    let cookie = hides("Cookie", "theme=dark; session=0123456789abcdef");
    assert_eq!(
        shown(&cookie, "{\"theme\":\"dark\",\"session\":\"0123456789abcdef\"}"),
        format!("{{\"theme\":\"dark\",\"session\":\"{HIDDEN}\"}}")
    );
}

#[test]
fn ordinary_values_are_not_hidden() {
    let headers = [
        header("Accept", "application/json", false),
        header("X-Tenant", "tenant-4711", false),
        header("X-Api-Key", "k-0123456789", true),
    ];
    let redactor = Redactor::new(&headers, std::iter::empty());
    let text = "content-type: application/json; tenant-4711";
    assert_eq!(shown(&redactor, text), text);
    assert_eq!(shown(&redactor, "key K-0123456789"), format!("key {HIDDEN}"));
    let none = Redactor::new(&headers[..2], std::iter::empty());
    assert!(none.patterns.is_empty() && none.find(b"anything", true).is_empty());
    assert_eq!(shown(&Redactor::default(), "as it is"), "as it is");
}

/// The escaped forms in the security report of 28 November 2026.
#[test]
fn reported_spellings_are_hidden() {
    for (value, echoed) in [
        ("Basic UExB/PLANTED/YWJj", r"UExB\/PLANTED\/YWJj"),
        (r#"Token "abc def"-x\y"#, r#"Token \"abc def\"-x\\y"#),
        ("abc+def/ghi=jkl", "abc%2Bdef%2Fghi%3Djkl"),
        ("abc+def/ghi=jkl", "abc%2bdef%2fghi%3djkl"),
        ("one & two <three>", "one &amp; two &lt;three&gt;"),
        ("one & two <three>", "one &#38; two &#60;three&#62;"),
        ("one & two <three>", "one+%26+two+%3Cthree%3E"),
        ("one & two <three>", r"one \u0026 two \u003cthree\u003E"),
        ("abcdefgh12", "ABCDEFGH12"),
        ("s3cr3t!", "s3cr3t!"),
        ("it's me now", "it&#39;s me now"),
        ("it's me now", "it&#x27;s me now"),
        ("it's me now", "it&apos;s me now"),
        ("clé-secrète", r"cl\u00e9-secr\u00E8te"),
        ("clé-secrète", "cl%C3%A9-secr%C3%A8te"),
        ("clé-secrète", "cl&#233;-secr&#xE8;te"),
        ("clé-secrète", "clÃ©-secrÃ¨te"),
        ("abcdefgh12", "YWJjZGVmZ2gxMg=="),
        ("abcdefgh12", "61626364656667683132"),
    ] {
        let redactor = hides("X-Key", value);
        let text = format!("{{\"echo\":\"{echoed}\"}}");
        let shown = shown(&redactor, &text);
        assert!(
            shown.starts_with("{\"echo\":\"") && shown.contains(HIDDEN) && shown.len() <= 9 + HIDDEN.len() + 6,
            "{value} as {echoed}: {shown}"
        );
    }
    // Encoded in Latin-1: one byte per character.
    assert_eq!(hides("X-Key", "clé-secrète").text(b"cl\xe9-secr\xe8te"), HIDDEN);
    let within = hides("X-Key", "planted-secret-value");
    for before in ["", "a", "ab"] {
        let encoded = STANDARD.encode(format!("{before}planted-secret-value and more"));
        let shown = shown(&within, &encoded);
        assert!(shown.contains(HIDDEN) && !shown.contains("xhbnRlZC1zZWNyZXQtdmFs"), "{shown}");
    }
}

#[test]
fn short_values_are_hidden_as_whole_words_only() {
    let redactor = hides("X-Key", "pin42");
    for text in [
        "pin42",
        "your pin42.",
        "\"pin42\"",
        r"a\npin42\n",
        "PIN42",
        "a%0Apin42%0A",
        "x=pin42&y=1",
        "<b>pin42</b>",
        "pin%34%32",
    ] {
        assert!(shown(&redactor, text).contains(HIDDEN), "{text}");
    }
    for text in ["spin42", "pin421", "pin_42", "_pin42", "épin42"] {
        assert_eq!(shown(&redactor, text), text);
    }
}

#[test]
fn value_that_is_cut_is_hidden_in_every_spelling() {
    let redactor = hides("X-Key", "abc/defgh\"ijkl");
    for (text, expected) in [
        ("x abc/defg", "x "),
        (r"x abc\/defg", "x "),
        (r"x abc\/", "x "),
        (r"x abc\", "x "),
        ("x abc%2Fd", "x "),
        ("x abc%2", "x "),
        ("x abc%252", "x "),
        ("x abc&#x2", "x "),
        (r"x abc/defgh\", "x "),
        (r"x abc\u00", "x "),
        ("x abc/defgh&quo", "x "),
    ] {
        let body = redactor.body(text.as_bytes().to_vec(), true);
        assert_eq!(String::from_utf8(body).unwrap(), format!("{expected}{HIDDEN}"), "{text}");
    }
    assert_eq!(redactor.body(b"x abc/defg".to_vec(), false), b"x abc/defg");
    assert_eq!(redactor.body(b"x ab".to_vec(), true), b"x ab");
    assert_eq!(redactor.body(b"x 100%".to_vec(), true), b"x 100%");
}

#[test]
fn signing_secrets_are_hidden() {
    let secret: SigningSecret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let redactor = Redactor::new(&[], [&secret].into_iter());
    assert_eq!(
        shown(&redactor, "secret = whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        format!("secret = whsec_{HIDDEN}")
    );
}

/// Deterministic pseudo-random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn text(&mut self, from: &[char], length: usize) -> String {
        (0..length).map(|_| *self.pick(from)).collect()
    }
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn each(text: &str, spell: impl Fn(char) -> String) -> String {
    text.chars().map(spell).collect()
}

fn escaped(text: &str, is_plain: impl Fn(char) -> bool, spell: impl Fn(u16) -> String) -> String {
    each(text, |c| {
        if is_plain(c) {
            return c.to_string();
        }
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| spell(*unit)).collect()
    })
}

fn percent(text: &str, is_plain: impl Fn(u8) -> bool, upper: bool) -> String {
    let spell = |byte: u8| match (is_plain(byte), upper) {
        (true, _) => char::from(byte).to_string(),
        (false, true) => format!("%{byte:02X}"),
        (false, false) => format!("%{byte:02x}"),
    };
    text.bytes().map(spell).collect()
}

fn html(text: &str, spell: impl Fn(char) -> String) -> String {
    each(text, |c| if "&<>\"'".contains(c) { spell(c) } else { c.to_string() })
}

/// Encodes a text in one of the ways that programs use.
fn spelled(text: &str, way: usize) -> String {
    let ordinary = |c: char| c.is_ascii_alphanumeric();
    match way {
        0 => text.to_owned(),
        1 => json(text),
        2 => json(text).replace('/', r"\/"),
        3 => escaped(text, |c| c.is_ascii() && !"\"\\/<>&'".contains(c), |unit| format!("\\u{unit:04x}")),
        4 => escaped(text, ordinary, |unit| format!("\\u{unit:04X}")),
        5 => percent(text, |byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte), true),
        6 => percent(text, |byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte), false),
        7 => percent(text, |_| false, true),
        8 => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        9 => html(text, |c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            _ => "&#039;".to_owned(),
        }),
        10 => html(text, |c| format!("&#{};", u32::from(c))),
        11 => each(text, |c| {
            if ordinary(c) {
                c.to_string()
            } else {
                format!("&#x{:X};", u32::from(c))
            }
        }),
        12 => text.to_ascii_uppercase(),
        13 => text.to_ascii_lowercase(),
        _ => escaped(text, ordinary, |unit| format!("\\u{{{unit:x}}}")),
    }
}
const WAYS: usize = 15;

/// Random secrets are hidden completely, in every encoding and in two nested encodings.
#[test]
fn random_secrets_in_random_spellings_never_leak() {
    let ascii: Vec<char> = (' '..='~').collect();
    let base64: Vec<char> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
        .chars()
        .collect();
    let wide: Vec<char> = "abcXYZ019 /+\"\\&<>'%=é€ñß".chars().collect();
    let random = &mut Random(0x5eed_c1ea_4f00_1234);
    for round in 0..6_000 {
        let length = 1 + random.below(40);
        let alphabet = *random.pick(&[&ascii, &base64, &wide]);
        // Backslashes at either end are not part of the comparison and are not hidden.
        let secret = random.text(alphabet, length).trim_matches([' ', '\\']).to_owned();
        // Secrets with fewer than three letters or digits are skipped: they occur in ordinary text.
        if secret.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
            continue;
        }
        let (inner, outer) = (random.below(WAYS), random.below(WAYS));
        let echoed = if round % 3 == 0 {
            spelled(&secret, inner)
        } else {
            spelled(&spelled(&secret, inner), outer)
        };
        let redactor = hides("X-Key", &secret);
        let (before, after) = random.pick(&[("{\"echo\":\"", "\"}"), ("<p>", "</p>"), ("you sent: ", "."), ("key=(", ")")]);
        let text = format!("{before}{echoed}{after}");
        let shown = shown(&redactor, &text).replace('\\', "");
        assert_eq!(
            shown,
            format!("{before}{HIDDEN}{after}"),
            "{secret:?} spelled {inner} in {outer}: {text}"
        );
        // If the text is truncated anywhere within the secret, at most a few of its characters remain.
        let cut = before.len() + random.below(echoed.len());
        if text.is_char_boundary(cut) && secret.len() >= LONG {
            let body = redactor.body(text.as_bytes()[..cut].to_vec(), true);
            let left = plain(&body).len().saturating_sub(before.len());
            assert!(
                String::from_utf8_lossy(&body).contains(HIDDEN) || left < BEGINNING + 12,
                "{secret:?} cut: {}",
                String::from_utf8_lossy(&body)
            );
        }
    }
}

fn encode_hex(bytes: &[u8], separator: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator)
}

/// The text in lines of this length.
fn lines(text: &str, length: usize, end: &str) -> String {
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(length)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join(end)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Encodes a whole text in one of the ways that programs use.
fn encoded(text: &[u8], way: usize) -> String {
    match way {
        0 => STANDARD.encode(text),
        1 => STANDARD_NO_PAD.encode(text),
        2 => URL_SAFE.encode(text),
        3 => URL_SAFE_NO_PAD.encode(text),
        4 => lines(&STANDARD.encode(text), 76, "\r\n"),
        5 => lines(&STANDARD.encode(text), 19, "\n"),
        6 => encode_hex(text, ""),
        7 => encode_hex(text, "").to_ascii_uppercase(),
        8 => encode_hex(text, ":"),
        9 => encode_hex(text, " ").to_ascii_uppercase(),
        10 => encode_hex(text, "-"),
        11 => format!("0x{}", encode_hex(text, ", 0x")),
        12 => lines(&encode_hex(text, ""), 4, " "),
        13 => text.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
        14 => text.iter().map(u8::to_string).collect::<Vec<_>>().join(",\n    "),
        15 => STANDARD.encode(gzip(text)),
        16 => STANDARD.encode(text.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>()),
        17 => text.iter().map(|byte| format!("\\{byte:03o}")).collect::<Vec<_>>().concat(),
        _ => text.iter().map(|byte| format!("\\x{byte:02X}")).collect::<Vec<_>>().concat(),
    }
}
const ENCODINGS: usize = 19;

/// Random secrets are hidden in up to three encodings within each other, with escapes between them.
#[test]
fn random_secrets_in_nested_encodings_never_leak() {
    let letters: Vec<char> = (' '..='~').collect();
    let random = &mut Random(0x0dd_ba11_c0de_cafe);
    for round in 0..1_500 {
        let length = LONG + random.below(40);
        let secret = random.text(&letters, length).trim_matches([' ', '\\']).to_owned();
        // The escapes of random text are decoded as escapes, so only values without any are compared in all encodings.
        let secret: String = secret.chars().filter(|c| !"\\%&+".contains(*c)).collect();
        if secret.len() < LONG {
            continue;
        }
        let mut way = String::new();
        let mut echoed = secret.clone();
        for _ in 0..=round % 3 {
            let (escape, encoding) = (random.below(WAYS - 3), random.below(ENCODINGS));
            echoed = encoded(spelled(&echoed, escape).as_bytes(), encoding);
            way = format!("{way} {escape} in {encoding},");
        }
        let redactor = hides("X-Key", &secret);
        let (before, after) = random.pick(&[("{\"echo\":\"", "\"}"), ("<p>", "</p>"), ("you sent: ", "."), ("key=(", ")")]);
        let shown = shown(&redactor, &format!("{before}{echoed}{after}"));
        let left = shown.replace(HIDDEN, "").len().saturating_sub(before.len() + after.len());
        // The first "0x" of a list and the padding of base64 are not parts of the value; nested, they become longer.
        let most = if round % 3 == 0 { 20 } else { (echoed.len() / 4).max(120) };
        assert!(shown.contains(HIDDEN) && left <= most, "{secret:?} as{way} left {left}: {shown}");
    }
}

/// A text that ends within an encoded value.
#[test]
fn encoded_value_that_is_cut_is_hidden() {
    let secret = "planted-secret-value-of-some-length";
    let redactor = hides("X-Key", secret);
    for encoding in (0..ENCODINGS).filter(|encoding| *encoding != 15) {
        let (encoded, start) = (encoded(secret.as_bytes(), encoding), "{\"echo\":\"");
        for cut in (encoded.len() / 3)..encoded.len() {
            let text = format!("{start}{}", &encoded[..cut]);
            let body = redactor.body(text.clone().into_bytes(), true);
            // The first "0x" of a list is not a part of the value, nor is the last zero byte of UTF-16.
            let body = String::from_utf8(body).unwrap().replace("0x", "");
            assert_eq!(body.trim_end_matches(['A', '=']), format!("{start}{HIDDEN}"), "{encoding}: {text}");
        }
    }
}

#[test]
fn compressed_bodies_are_hidden_as_a_whole() {
    let redactor = hides("X-Key", "planted-secret-value");
    assert_eq!(redactor.body(gzip(b"you sent planted-secret-value"), false), HIDDEN.as_bytes());
    let other = gzip(b"you sent nothing of interest");
    assert_eq!(redactor.body(other.clone(), false), other);
}

#[test]
fn the_bytes_of_signing_secrets_are_hidden() {
    let secret: SigningSecret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let redactor = Redactor::new(&[], [&secret].into_iter());
    for encoding in 0..ENCODINGS {
        let shown = shown(&redactor, &format!("<{}>", encoded(secret.as_bytes(), encoding)));
        assert!(shown.contains(HIDDEN) && shown.len() < HIDDEN.len() + 8, "{encoding}: {shown}");
    }
}

#[test]
fn random_ordinary_texts_are_not_changed() {
    let letters: Vec<char> = "abcdefghijklmnopqrstuvwxyz0123456789 /+\"\\&<>'%=;{}:,.#xué\n".chars().collect();
    let redactor = hides("X-Key", "PLANTED-planted-PLANTED");
    let short = hides("X-Key", "q7Zw!");
    let random = &mut Random(0x0bad_cafe_dead_beef);
    for _ in 0..3_000 {
        let length = random.below(400);
        let text = random.text(&letters, length);
        assert_eq!(shown(&redactor, &text), text);
        assert_eq!(shown(&short, &text), text);
        assert_eq!(redactor.body(text.clone().into_bytes(), false), text.into_bytes());
    }
}

/// A malicious body costs no more than an ordinary one: the number of readings and the work for each are bounded.
#[test]
fn hostile_bodies_are_read_in_bounded_time() {
    let redactor = hides("X-Key", &"a".repeat(4_000));
    let size = 64 * 1024;
    let mut texts: Vec<String> = [
        "%25",
        "&amp;",
        "\\",
        "\\u005c",
        "a",
        "&",
        "%",
        "&#x26;",
        "%2525252525",
        "4",
        "34",
        "V",
        "YWFh",
        "0x",
        "1,",
        "97,",
        "61:",
        "\n",
        "\0",
        "%0A",
        "\\n",
        "A%41",
        "aaaaaaaaaaaa ",
        "6161616161616161;%3B",
    ]
    .iter()
    .map(|unit| unit.repeat(size / unit.len()))
    .collect();
    for encodings in [[0, 0, 0], [6, 6, 6], [13, 13, 13], [0, 6, 13], [15, 15, 15], [7, 8, 4]] {
        let mut text = "a".repeat(size / 4);
        for encoding in encodings {
            text = encoded(text.as_bytes(), encoding);
            text.truncate(size);
        }
        texts.push(text);
    }
    let mut random = Random(0x1357_9bdf_2468_ace0);
    let letters: Vec<char> = "abcdefABCDEFxyz0123456789+/-_".chars().collect();
    texts.push(random.text(&letters, size));
    for text in texts {
        let (began, beginning) = (std::time::Instant::now(), text[..12].to_owned());
        redactor.body(text.into_bytes(), true);
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(6), "{beginning:?}: {took:?}");
    }
}

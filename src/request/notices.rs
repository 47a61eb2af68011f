//! Notices of pages ("The webhook was deleted."). A form's answer leads to a page with a parameter that names its notice. A link of another
//! site with such a parameter would show a notice that is not true.

use url::form_urlencoded::{Serializer, parse};

/// The parameters that show a notice.
const PARAMETERS: [&str; 6] = ["saved", "done", "deleted", "switched", "imported", "unsent"];

/// A path without the parameters of notices. `None` if it has none.
pub fn without_notices(path: &str) -> Option<String> {
    let (page, query) = path.split_once('?')?;
    let is_notice = |name: &str| PARAMETERS.contains(&name);
    if !parse(query.as_bytes()).any(|(name, _)| is_notice(&name)) {
        return None;
    }
    let mut kept = Serializer::new(String::new());
    kept.extend_pairs(parse(query.as_bytes()).filter(|(name, _)| !is_notice(name)));
    let kept = kept.finish();
    Some(if kept.is_empty() {
        page.to_owned()
    } else {
        format!("{page}?{kept}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_notices_are_removed_and_all_others_kept() {
        for (uri, path) in [
            ("/webhooks?done=delete-all&count=10000", Some("/webhooks?count=10000")),
            ("/webhooks/1?saved=enabled", Some("/webhooks/1")),
            ("/webhooks?q=a%26b+c&%64eleted=yes&page=2", Some("/webhooks?q=a%26b+c&page=2")),
            ("/webhooks?switched=1&saved=x", Some("/webhooks")),
            ("/event-types?imported=1", Some("/event-types")),
            (
                "/sign-in?next=%2Fwebhooks%3Fpage%3D2&unsent=1",
                Some("/sign-in?next=%2Fwebhooks%3Fpage%3D2"),
            ),
            ("/webhooks?q=done&page=2", None),
            ("/webhooks?", None),
            ("/webhooks?x", None),
            ("/webhooks", None),
        ] {
            assert_eq!(without_notices(uri).as_deref(), path, "{uri}");
        }
    }
}

//! What a person may have meant by a word that is not known.

/// Words that are less similar than this (Jaro-Winkler, from 0 to 1) are not suggested.
const SIMILAR: f64 = 0.78;

/// The known word that is most similar to the given one, if one is similar enough.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let rated = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&given, &known.to_lowercase()), known));
    let best = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= SIMILAR).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_words_are_suggested() {
        let known = ["billing", "Visitors", "identity.created"];
        assert_eq!(nearest("biling", known), Some("billing"));
        assert_eq!(nearest("visitor", known), Some("Visitors"));
        assert_eq!(nearest("identity.create", known), Some("identity.created"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest("x", []), None);
    }
}

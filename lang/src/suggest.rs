//! Nearly right names.

/// The candidate that `name` most likely means, if one is near enough.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let least = match name.chars().count() {
        // Only another case of it.
        0..=2 => 1.0,
        3..=4 => 0.7,
        _ => 0.75,
    };
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| {
            let other = candidate.to_lowercase();
            let likeness = strsim::normalized_damerau_levenshtein(&lower, &other).max(match lower == other {
                true => 1.0,
                false => 0.0,
            });
            // `path` for `file_path`: one is a whole word of the other.
            let word =
                other.split(['_', '.']).any(|word| word == lower) || lower.split(['_', '.']).any(|word| word == other);
            (if word { likeness.max(0.8) } else { likeness }, candidate)
        })
        .filter(|(likeness, _)| *likeness >= least)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

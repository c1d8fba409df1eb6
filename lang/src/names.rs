//! Names in spaces that servers read ⟶ whether a name can mean only one thing, and which names may be the same.
//!
//! What a name means is up to who reads it: some decode it, resolve it as a path, or build an address of it. So the rule is closed:
//! a name is straight that has nothing in it of which anybody could make anything.

use crate::addresses;

/// The signs that a part of a straight name may have besides letters and digits.
const SIGNS: &str = "-_.:@+,=&!'\"() ";

/// Whether a name leads where it seems to, whoever reads it: parts between `/` of letters, digits, blanks and a few signs, none of
/// them empty or ending as some systems leave it out; or an address in [its one spelling](addresses::normal).
pub fn is_straight(name: &str) -> bool {
    match addresses::is_address(name) {
        true => addresses::is_straight(name),
        false => name == "." || bare(name).split('/').all(is_straight_part),
    }
}

fn is_straight_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || SIGNS.contains(c);
    !part.is_empty()
        && part.chars().all(is_plain)
        && !part.ends_with(['.', ' '])
        && !part.starts_with(' ')
        && !part.contains("..")
        && !part.chars().any(is_wide)
}

/// The letters, digits and signs that some systems take for those of ASCII.
fn is_wide(c: char) -> bool {
    ('\u{ff00}'..='\u{ffef}').contains(&c)
}

/// A name as it is compared: without the `/` that it may begin or end with.
pub fn bare(name: &str) -> &str {
    let name = name.strip_prefix('/').unwrap_or(name);
    name.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Whether two names of one space may be the same: one that is not straight may be any.
pub fn may_be_same(a: &str, b: &str) -> bool {
    bare(a) == bare(b) || !is_straight(a) || !is_straight(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_name_has_one_meaning() {
        for straight in
            ["users", ".", "pages/a b.md", "/pages/ä/", "R-1", "a@b.example", "https://h/a", "2026-01-01T00:00"]
        {
            assert!(is_straight(straight), "{straight}");
        }
        for odd in [
            "",
            "..",
            "a/../b",
            "a//b",
            "./a",
            "a/.",
            "pages/.\t./b",
            "a\n",
            "%2e%2e/a",
            "a%2fb",
            "a%5cb",
            "%252e",
            "a%20b",
            "a\\b",
            "R-1?://",
            "R-1#x",
            "a?b",
            "a*",
            "a/..;/b",
            "a. ",
            "a.",
            " a",
            "~root",
            "$HOME",
            "a/../b://c",
            "．．/a",
            "HTTPS://h/a",
            "https://h/a/../b",
            "a\u{200b}b",
        ] {
            assert!(!is_straight(odd), "{odd:?}");
        }
    }
}

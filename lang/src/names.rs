//! Names in spaces that servers read ⟶ whether a name can mean only one thing, and which names may be the same.
//!
//! What a name means is up to who reads it: some decode it, resolve it as a path, or build an address of it. So the rule is closed:
//! a name is straight that has nothing in it of which anybody could make anything.

use crate::addresses;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use smol_str::SmolStr;

/// The signs that a part of a straight name may have besides letters and digits.
const SIGNS: &str = "-_.:@,!() ";

/// The same for a part of a path: without what makes an address or a quotation of it. Brackets stand in names of files.
const SIGNS_OF_PATHS: &str = "-_.@+,=()[] ";

/// The same for a part of a glob besides its wildcards.
const SIGNS_OF_GLOBS: &str = "-_.@+,= *?";

/// What makes a path of an address.
const FILE: &str = "file:";

/// Whether a name leads where it seems to, whoever reads it: parts between `/` of letters, digits, blanks and a few signs, none of
/// them empty or ending as some systems leave it out; or an address in [its one spelling](addresses::normal), but of no file.
pub fn is_straight(name: &str) -> bool {
    match addresses::is_address(name) {
        _ if is_file(name) => false,
        true => addresses::is_straight(name),
        false => name == "." || bare(name).split('/').all(|part| is_straight_part(part, SIGNS)),
    }
}

/// Whether a text is what some read as the address of a file.
pub fn is_file(text: &str) -> bool {
    text.get(..FILE.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(FILE))
}

/// Whether a path, which has the form of one, is read alike by all who open it.
pub fn is_straight_path(path: &str) -> bool {
    path == "." || all_straight(path, SIGNS_OF_PATHS)
}

/// Whether a glob, which has the form of one, is read alike by all but for what its `*` and `?` stand for.
pub fn is_straight_glob(glob: &str) -> bool {
    all_straight(glob, SIGNS_OF_GLOBS)
}

/// Whether all parts are straight, and the first is no option.
fn all_straight(path: &str, signs: &str) -> bool {
    !path.starts_with('-') && path.split('/').all(|part| is_straight_part(part, signs))
}

fn is_straight_part(part: &str, signs: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || signs.contains(c);
    !part.is_empty()
        && part.chars().all(is_plain)
        && !part.ends_with(['.', ' '])
        && !part.starts_with(' ')
        && !part.contains("..")
        && !part.chars().any(is_unseen)
        && ComposingNormalizerBorrowed::new_nfkc().is_normalized(part)
}

/// What nobody sees, letters among it.
fn is_unseen(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The space that a text begins with, in the lower case in which spaces are compared as schemes are, and the name behind it.
pub fn split_space(text: &str) -> Option<(SmolStr, &str)> {
    text.split_once(':').map(|(space, name)| (space.to_ascii_lowercase().into(), name))
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
            "file:///srv/a",
            "FILE:a",
            "pages/a&path=admin/keys",
            "x' OR path='admin/keys",
            "\u{1d41a}dmin/keys",
            "a\u{3164}dmin",
            "\u{212b}",
        ] {
            assert!(!is_straight(odd), "{odd:?}");
        }
    }

    #[test]
    fn a_straight_path_is_opened_alike_by_all() {
        for straight in [
            ".",
            ".github/workflows/ci.yml",
            "node_modules/@scope/x",
            "app/[id].tsx",
            "app/(auth)/[...all]".trim_end_matches("/[...all]"),
            "routes/+page.svelte",
            "_x/__init__.py",
            "docs/Über uns.md",
            "data/day=2026-01-01/a,b",
        ] {
            assert!(is_straight_path(straight), "{straight}");
        }
        for odd in [
            "'secret/key'",
            "\"a\"",
            " a",
            "a ",
            "a/ b",
            "a.",
            "~",
            "a~1",
            "$HOME/a",
            "%2e%2e/a",
            "a;b",
            "a|b",
            "a`b",
            "a#b",
            "a?b",
            "a*",
            "{a,b}",
            "file:a",
            "C:a",
            "-rf",
            "!a",
            "<a",
            "a&b",
            "a\u{a0}",
            "a\u{200b}",
        ] {
            assert!(!is_straight_path(odd), "{odd:?}");
        }
        for straight in ["docs/**/*.md", "docs/a?", "**"] {
            assert!(is_straight_glob(straight), "{straight}");
        }
        for odd in ["docs/{a,..}/x", "docs/[h]/x", "docs/@(h)/x", "!docs/*", "docs/ *", "docs/*'"] {
            assert!(!is_straight_glob(odd), "{odd}");
        }
    }
}

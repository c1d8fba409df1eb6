//! The form of paths and globs in a workspace. Purely lexical: nothing here knows which files exist.

use globset::{GlobBuilder, GlobMatcher};

/// The form of a `path`: relative, `/` between parts, no empty, `.` or `..` part (a single `.` is the workspace itself),
/// no control characters, at most 4096 bytes.
pub fn check_path(path: &str) -> Result<(), String> {
    let shown = || path.escape_debug().to_string();
    if path.is_empty() {
        return Err("a path must not be empty; the workspace itself is `.`".into());
    }
    if path.len() > 4096 {
        return Err(format!("a path has at most 4096 bytes, this one has {}", path.len()));
    }
    let has_control = match path.is_ascii() {
        true => path.bytes().any(|byte| byte.is_ascii_control()),
        false => path.chars().any(char::is_control),
    };
    if has_control {
        return Err(format!("the path `{}` has a control character", shown()));
    }
    if path == "." {
        return Ok(());
    }
    if path.starts_with('/') || path.starts_with('~') || path.contains('\\') || path.as_bytes().get(1) == Some(&b':') {
        return Err(format!("the path `{}` is not relative to the workspace with `/` between its parts", shown()));
    }
    match path.split('/').find(|part| matches!(*part, "" | "." | "..")) {
        Some("..") => Err(format!("the path `{}` leaves the workspace or goes back with `..`", shown())),
        Some(_) => Err(format!("the path `{}` is not in its shortest form: it has an empty part or `.`", shown())),
        None => Ok(()),
    }
}

/// What a text that has not the form of a path was most likely meant to be, where that is the same place; else what is to
/// be known about it.
pub fn meant(path: &str) -> Result<String, &'static str> {
    if path.contains("://") {
        return Err("a path is a file of the workspace; a page is fetched by `http.get`");
    }
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Err("a path begins in the workspace, without `/` before it: what lies outside no plan can touch");
    }
    if path.starts_with('~') {
        return Err(
            "`~` is no directory here: a path begins in the workspace, and what lies outside no plan can touch",
        );
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Err("what lies outside of the workspace no plan can touch"),
            ".." => {}
            part => parts.push(part),
        }
    }
    let text = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
    check_path(&text).map(|()| text).map_err(|_| "a path is relative to the workspace, with `/` between its parts")
}

/// The form of a `glob`: a path whose parts may have `*`, `?`, `[…]`, `{a,b}`; `**` as a whole part is any number of parts.
pub fn check_glob(glob: &str) -> Result<(), String> {
    check_path(glob)?;
    compile_glob(glob)?;
    match goes_back(glob) {
        true => Err(format!("the glob `{}` goes back with `..` in one of its readings", glob.escape_debug())),
        false => Ok(()),
    }
}

/// Whether an alternative of a valid glob has a part `..`, whatever that is put together from. All are followed at once: a bit each
/// for those of which the part is empty so far, `.`, `..`, anything else.
fn goes_back(glob: &str) -> bool {
    const EMPTY: u8 = 1;
    const BACK: u8 = 4;
    const OTHER: u8 = 8;
    let with_dot = |parts: u8| parts << 1 & 0b1111 | parts & OTHER;
    let (mut parts, mut is_back) = (EMPTY, false);
    // Around each group: what there was before it, and after its alternatives so far.
    let mut groups: Vec<(u8, u8)> = Vec::new();
    let mut rest = glob.chars();
    while let Some(c) = rest.next() {
        match c {
            '/' => {
                is_back |= parts & BACK != 0;
                parts = EMPTY;
            }
            '.' => parts = with_dot(parts),
            '{' => groups.push((parts, 0)),
            ',' if let Some((before, after)) = groups.last_mut() => {
                *after |= parts;
                parts = *before;
            }
            '}' => parts |= groups.pop().map_or(0, |(_, after)| after),
            '[' => {
                let mut class = String::new();
                // A bracket that stands first is one of the class.
                while let Some(c) = rest.next().filter(|c| *c != ']' || matches!(class.as_str(), "" | "!" | "^")) {
                    class.push(c);
                }
                let has_dot = class.contains('.') && !class.starts_with(['!', '^']);
                parts = if has_dot { with_dot(parts) | OTHER } else { OTHER };
            }
            _ => parts = OTHER,
        }
    }
    is_back || parts & BACK != 0
}

/// Whether `path` is `ancestor` or lies beneath it.
pub fn within(path: &str, ancestor: &str) -> bool {
    ancestor == "."
        || ancestor.is_empty()
        || path == ancestor
        || (path.starts_with(ancestor) && path.as_bytes().get(ancestor.len()) == Some(&b'/'))
}

/// The leading parts of a glob that have no wildcard; empty when the first has one.
pub fn literal_prefix(glob: &str) -> &str {
    match glob.find(['*', '?', '[', '{']) {
        None => glob,
        Some(at) => glob[..at].rfind('/').map_or("", |slash| &glob[..slash]),
    }
}

/// Whether a glob may match a path, something beneath it, or a directory that holds it and may be made with it. What
/// cannot be decided part by part counts as a match.
pub fn path_meets_glob(path: &str, glob: &str) -> bool {
    if path == "." || glob == "." {
        return true;
    }
    for (wanted, part) in glob.split('/').zip(path.split('/')) {
        match part_matches(wanted, part) {
            Some(true) => {}
            Some(false) => return false,
            None => return true,
        }
    }
    true
}

/// Whether a glob, part by part, matches only what lies beneath a path. What only a `**` above it could reach does not
/// count.
pub fn lies_beneath(glob: &str, path: &str) -> bool {
    let longer = glob.split('/').count() > path.split('/').count();
    let leads_there =
        || glob.split('/').zip(path.split('/')).all(|(wanted, part)| part_matches(wanted, part) == Some(true));
    within(literal_prefix(glob), path) || (longer && leads_there())
}

/// Whether a part of a glob matches a part of a path; none where the glob's part may stand for several.
fn part_matches(wanted: &str, part: &str) -> Option<bool> {
    // A class may hold `/`, and a `/` between braces has torn the part apart.
    match wanted.contains("**")
        || wanted.contains(['[', ']'])
        || wanted.matches('{').count() != wanted.matches('}').count()
    {
        true => None,
        false => compile_glob(wanted).ok().map(|glob| glob.is_match(part)),
    }
}

/// Whether two globs may match a path in common, or one a path beneath what the other matches.
pub fn globs_meet(a: &str, b: &str) -> bool {
    let (a, b) = (literal_prefix(a), literal_prefix(b));
    within(a, b) || within(b, a)
}

/// Whether a glob may match a path that begins with a text of whole parts and more, or something beneath such a path.
pub fn may_match_longer(glob: &str, beginning: &str) -> bool {
    let Some(slash) = beginning.rfind('/') else { return true };
    match literal_prefix(glob) == glob {
        true => glob == "." || (glob.len() > beginning.len() && glob.starts_with(beginning)),
        false => path_meets_glob(&beginning[..slash], glob),
    }
}

/// Compiles a glob in which `*` and `?` stop at `/` and `**` crosses it.
pub fn compile_glob(glob: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .backslash_escape(false)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("the glob `{}` is not valid: {}", glob.escape_debug(), error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reading_of_a_glob_goes_back() {
        for back in [
            "a/{..,b}/x",
            "a/{b,..}",
            "a/.{.,b}/x",
            "a/{.,b}{.,c}/x",
            "{a/..,b}",
            "{a,{b,..}}/x",
            "a/{b/.,c}./x",
            "a/[.][.]/x",
            "a/[.]{[.],b}",
            "a/{,..}/x",
            "a/{,.}./x",
            "../a",
            "a/{b,c/../d}",
        ] {
            assert!(check_glob(back).is_err(), "{back}");
        }
        for glob in [
            "a/{b,c}/x",
            "a/...{,x}",
            "a/..b{,c}",
            "{.git,.github}/**",
            "**/.{env,npmrc}",
            "a/{,.}b",
            "src/{,sub/}*.rs",
            "a/[!.]*",
            "a/[..x]y.",
            "{.,_}[a-z]*",
            "a,..b",
            "a/[]..]x",
            "v{1..3}",
        ] {
            assert_eq!(check_glob(glob), Ok(()), "{glob}");
        }
    }
}

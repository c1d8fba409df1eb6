//! The words of a command line ⟶ the pieces of them that may name a file, and the directories that they may be seen from.

use std::path::Path;

/// What the names of scripts end in.
const SUFFIXES: [&str; 24] = [
    "sh", "bash", "zsh", "ksh", "fish", "py", "pl", "rb", "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "php",
    "lua", "r", "tcl", "ps1", "awk", "sed", "mk",
];
/// Options that name the directory in which a program goes on, as `env`, `make`, `git` and `unshare` have them, also shortened.
const DIRECTORY_OPTIONS: [&str; 6] = ["chdir", "directory", "cwd", "wd", "workdir", "working-directory"];
/// The same as letters.
const DIRECTORY_LETTERS: [char; 2] = ['C', 'w'];
/// What stands between the parts of a word: `a.jar:b.jar`, `--mount=type=bind,source=a`, `file=@a;type=text`.
const LISTS: [char; 4] = [':', ',', ';', '='];
/// What a shell makes the directory of that it runs in.
const DIRECTORIES: [&str; 3] = ["$PWD", "${PWD}", "~"];
/// By which names Python is told where to keep what it compiles, behind `-X` and as a variable.
const CACHES: [&str; 2] = ["pycache_prefix", "PYTHONPYCACHEPREFIX"];
/// The most letters of options that may stand together before a value.
const MAX_LETTERS: usize = 8;

/// A command line as the program that is run reads it: what `env -S` splits is split.
pub(super) fn split(argv: &[&str]) -> Vec<String> {
    let is_env = has_env(argv);
    let words = argv.iter().flat_map(|word| {
        // `env` knows the blanks of ASCII alone, and others more.
        let blanks = [char::is_whitespace as fn(char) -> bool, |c| c.is_ascii_whitespace() || c == '\u{b}'];
        let parts = blanks.into_iter().flat_map(|is_blank| unglued(word).split(is_blank));
        let parts = parts.flat_map(|part| part.split("\\_")).filter(|_| is_env);
        let bare = parts.map(|part| part.replace(['\'', '"'], ""));
        // A part may be one that is split once more.
        let bare = bare.flat_map(|part| {
            let rest = Some(unglued(&part)).filter(|rest| *rest != part).map(str::to_owned);
            [part].into_iter().chain(rest)
        });
        let bare = bare.filter(|part| !part.is_empty() && part != word);
        [(*word).to_owned()].into_iter().chain(bare).collect::<Vec<_>>()
    });
    words.collect()
}

/// A word without what says to `env` that it is split, however often.
pub(super) fn unglued(word: &str) -> &str {
    let mut rest = word;
    while let Some(behind) = split_string(rest) {
        rest = behind;
    }
    rest
}

/// What stands in a word behind that which has `env` split it: a `S` among the letters of options, `--split-string`, also shortened. Where it
/// is the next word that is split, nothing does.
fn split_string(word: &str) -> Option<&str> {
    let options = word.strip_prefix('-')?;
    match options.strip_prefix('-') {
        Some(long) if long.starts_with('s') => Some(long.split_once('=').map_or("", |(_, value)| value)),
        Some(_) => None,
        None => {
            let (letters, behind) = options.split_once('S')?;
            letters.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(behind)
        }
    }
}

fn is_env(program: &str) -> bool {
    is_called(program, &["env"])
}

/// Whether `env` reads the words: by its name, or as a program that a path names, which may be a copy of it or a link to it.
fn has_env(words: &[impl AsRef<str>]) -> bool {
    words.first().is_some_and(|program| program.as_ref().contains('/'))
        || words.iter().any(|word| is_env(word.as_ref()))
}

/// Whether a program is called by one of these names, wherever it lies.
pub(super) fn is_called(program: &str, names: &[&str]) -> bool {
    program.rsplit('/').next().is_some_and(|name| names.contains(&name))
}

/// What stands behind the name of a variable in a word of `env`.
pub(super) fn variable_value<'w>(words: &[String], word: &'w str) -> Option<&'w str> {
    let (name, value) = word.split_once('=').filter(|_| has_env(words))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(value)
}

/// The directories that words may be seen from.
pub(super) fn directories(root: &Path, directory: &str, words: &[String]) -> Vec<String> {
    let mut found = vec![directory.to_owned()];
    for (index, word) in words.iter().enumerate().skip(1) {
        let next = || words.get(index + 1).map(String::as_str);
        let given = match (word.strip_prefix("--"), word.strip_prefix('-')) {
            (Some(long), _) => {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let is_option = !name.is_empty() && DIRECTORY_OPTIONS.iter().any(|option| option.starts_with(name));
                if is_option { value.or_else(next) } else { None }
            }
            (None, Some(letters)) => {
                let letter = letters.find(DIRECTORY_LETTERS).filter(|at| letters.as_bytes()[..*at].is_ascii());
                letter.and_then(|at| letters.get(at + 1..).filter(|value| !value.is_empty()).or_else(next))
            }
            (None, None) => None,
        };
        let Some(given) = given else { continue };
        let within = root.to_str().and_then(|root| given.strip_prefix(root));
        match (within, found.last()) {
            (Some(within), _) => found.push(within.trim_start_matches('/').to_owned()),
            (None, Some(last)) => found.push(format!("{last}/{given}")),
            (None, None) => {}
        }
    }
    // Whether it is an option of this program that moves is not known, so that words may be seen from each.
    found
}

/// The piece of a word that is a path, if any is: what stands behind a `=` or right behind the letter of an option, else the word.
pub(super) fn main_piece(word: &str) -> &str {
    match (word.split_once('='), option_value(word, 1)) {
        (Some((_, value)), _) | (None, Some(value)) => value,
        (None, None) => word,
    }
}

/// What stands behind so many letters of a word with short options.
fn option_value(word: &str, letters: usize) -> Option<&str> {
    let rest = word.strip_prefix('-')?;
    let is_letters = rest.get(..letters)?.bytes().all(|byte| byte.is_ascii_alphabetic());
    rest.get(letters..).filter(|value| is_letters && !value.is_empty())
}

/// All pieces of a word that may name a file.
pub(crate) fn pieces(word: &str) -> Vec<&str> {
    let mut found = vec![word];
    found.extend(word.split_once('=').map(|(_, value)| value));
    found.extend((1..=MAX_LETTERS).filter_map(|letters| option_value(word, letters)));
    // An alias of git may be a command: `alias.x=!./x.sh`.
    found.extend(found.clone().iter().filter_map(|piece| piece.strip_prefix(['@', '!'])));
    // A text is code, or prose.
    if !word.contains(char::is_whitespace) {
        let listed = found.clone().into_iter().filter(|piece| piece.contains(LISTS));
        let parts: Vec<&str> = listed.flat_map(|piece| piece.split(LISTS)).collect();
        found.extend(parts.iter().filter_map(|part| part.strip_prefix('@')));
        found.extend(parts);
    }
    found.retain(|piece| !piece.is_empty());
    found
}

/// All pieces of what a variable says: a file, folders that are searched, or words of options.
pub(super) fn variable_pieces(value: &str) -> Vec<&str> {
    let mut found = vec![value];
    found.extend(value.split_whitespace().flat_map(pieces));
    found.extend(value.split(LISTS).map(str::trim).filter(|piece| !piece.is_empty()));
    found.sort_unstable();
    found.dedup();
    found
}

/// A piece with the directory that a program runs in, where it begins with what a shell makes that of.
pub(super) fn expanded(piece: &str) -> Option<String> {
    let rest = DIRECTORIES.iter().find_map(|name| piece.strip_prefix(name))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| format!(".{rest}"))
}

/// The path of a piece that is an address: without what stands behind a `?` or a `#`, and with what `%` stands for.
pub(super) fn addressed(piece: &str) -> Option<String> {
    if !piece.contains('/') || !piece.contains(['?', '#', '%']) {
        return None;
    }
    let path = piece.split(['?', '#']).next().unwrap_or(piece);
    let mut decoded = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let digits = more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &more[2..] } else { more };
    }
    String::from_utf8(decoded).ok().filter(|path| !path.is_empty())
}

/// The folder in which Python is told to look for what it has compiled.
pub(super) fn caches<'v>(name: &str, value: &'v str) -> Option<&'v str> {
    (name.ends_with(CACHES[0]) || name == CACHES[1]).then_some(value)
}

/// The words that `env -S` splits and that hold what only `env` knows how to read.
pub(super) fn unread_words(words: &[String]) -> Vec<String> {
    let envs = words.iter().enumerate().filter(|(_, word)| is_env(word)).map(|(at, _)| at + 1);
    if !envs.into_iter().any(|first| options(&words[first..]).any(|word| split_string(word).is_some())) {
        return Vec::new();
    }
    let is_unread = |word: &&String| {
        // A blank, which splits where no quotes are around it.
        let plain = word.replace("\\_", " ");
        plain.contains('\\') || plain.contains("${") || has_quoted_blank(&plain)
    };
    words.iter().filter(is_unread).cloned().collect()
}

/// The words behind `env` that are its own, its variables among them: up to a program, which is none of these nor stands behind an option.
fn options(words: &[String]) -> impl Iterator<Item = &String> {
    let is_option = |word: &String| word.starts_with('-');
    let is_own =
        move |at: usize| is_option(&words[at]) || words[at].contains('=') || at > 0 && is_option(&words[at - 1]);
    (0..words.len()).take_while(move |at| is_own(*at)).map(|at| &words[at])
}

/// Whether blanks stand between quotes.
fn has_quoted_blank(word: &str) -> bool {
    let mut open = None;
    word.chars().any(|c| {
        match (open, c) {
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), _) if quote == c => open = None,
            (Some(_), _) if c.is_whitespace() => return true,
            _ => {}
        }
        false
    })
}

/// Whether a word ends as the names of scripts do.
pub(crate) fn has_suffix(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.rsplit_once('.').is_some_and(|(stem, suffix)| !stem.is_empty() && SUFFIXES.contains(&suffix))
}

/// Whether a word can be meant as a path: no option, no address, no code and no glob.
pub(super) fn is_plain(word: &str) -> bool {
    let is_odd = |c: char| !c.is_ascii() && !c.is_alphanumeric();
    let is_code = |c: char| is_odd(c) || c.is_whitespace() || c.is_control() || "\"'`$;|&<>(){}[]*?!#\\".contains(c);
    !word.is_empty() && !word.starts_with('-') && !word.contains("://") && !word.contains(is_code)
}

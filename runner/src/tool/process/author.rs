//! The words of a git command ⟶ whether it makes a commit without saying whose; a file of settings ⟶ whether it may name an author.

use std::path::Path;

/// The commands of git that make a commit, or something else that has an author.
const COMMITS: [&str; 6] = ["commit", "merge", "rebase", "cherry-pick", "revert", "am"];

/// The sections that name an author, or lead to a file that may.
const SECTIONS: [&str; 2] = ["[user", "[include"];

/// Whether a command makes a commit in the repository of the workspace, and names no author itself.
pub(super) fn commits(argv: &[&str]) -> bool {
    let [program, rest @ ..] = argv else { return false };
    let mut words = rest.iter().copied();
    let is_git = Path::new(program).file_name().is_some_and(|name| name == "git");
    while let Some(word) = words.next().filter(|_| is_git) {
        let setting = if word == "-c" { words.next() } else { None };
        match word {
            "-c" if !setting.is_some_and(|setting| setting.starts_with("user.")) => {}
            // It names an author, or goes by another repository: what that says is not known.
            _ if word.starts_with("-c") || word.starts_with("-C") || word.contains("-dir") => return false,
            _ if word.starts_with('-') => {}
            "tag" => return words.any(|word| matches!(word, "-a" | "-m" | "-am")),
            _ => return COMMITS.contains(&word),
        }
    }
    false
}

/// Whether a file of settings may name an author. One that cannot be read may.
pub(super) fn may_name_author(file: &Path) -> bool {
    match std::fs::read_to_string(file) {
        Ok(text) => SECTIONS.iter().any(|section| text.contains(section)),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::commits;

    #[test]
    fn what_makes_a_commit_is_found() {
        let cases = [
            ("git commit -m x", true),
            ("git -c core.pager=cat commit -m x", true),
            ("/usr/bin/git merge side", true),
            ("git tag -a v1 -m x", true),
            ("git tag v1", false),
            ("git -c user.name=A -c user.email=a@b commit", false),
            ("git -C elsewhere commit", false),
            ("git --git-dir=elsewhere commit", false),
            ("git log --grep commit", false),
            ("git", false),
            ("make commit", false),
        ];
        for (line, expected) in cases {
            assert_eq!(commits(&line.split(' ').collect::<Vec<_>>()), expected, "{line}");
        }
    }
}

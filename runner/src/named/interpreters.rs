//! The words of a command line ⟶ which of them an interpreter runs: a script, a folder, or a module by its name.
//!
//! Every word may be the interpreter. Which family it is says its name, and that of what it leads to; in doubt it is of all.

/// A family of interpreters, by what their options mean.
struct Interpreter {
    /// Their names, without versions.
    names: &'static [&'static str],
    /// Letters of options behind which code stands.
    code: &'static [char],
    /// Letters of options that take a value.
    valued: &'static [char],
    /// Long options behind which code stands.
    long_code: &'static [&'static str],
    /// Long options whose value is the next word.
    long_valued: &'static [&'static str],
    /// What is run of a folder.
    starts: &'static [&'static str],
}

/// What Node runs of a folder.
pub(super) const NODE_STARTS: &[&str] =
    &["package.json", "index.js", "index.json", "index.mjs", "index.cjs", "index.ts"];

const INTERPRETERS: [Interpreter; 9] = [
    Interpreter {
        names: &["sh", "bash", "dash", "zsh", "ksh", "mksh", "fish"],
        code: &['c'],
        valued: &['o', 'O'],
        long_code: &["command"],
        long_valued: &["rcfile", "init-file"],
        starts: &[],
    },
    Interpreter {
        names: &["python", "pypy"],
        code: &['c'],
        valued: &['W', 'X'],
        long_code: &[],
        long_valued: &["check-hash-based-pycs"],
        starts: &["__main__.py"],
    },
    Interpreter {
        names: &["node", "nodejs"],
        code: &['e', 'p'],
        valued: &['r', 'C'],
        long_code: &["eval", "print"],
        long_valued: &["require", "import", "loader", "experimental-loader", "conditions"],
        starts: NODE_STARTS,
    },
    Interpreter {
        names: &["deno", "bun"],
        code: &['e', 'p'],
        valued: &['c', 'r'],
        long_code: &["eval", "print"],
        long_valued: &["config", "import-map", "preload", "require", "cwd"],
        starts: NODE_STARTS,
    },
    Interpreter {
        names: &["ruby"],
        code: &['e'],
        valued: &['I', 'r', 'C', 'E'],
        long_code: &[],
        long_valued: &["encoding"],
        starts: &[],
    },
    Interpreter {
        names: &["perl"],
        code: &['e', 'E'],
        valued: &['I', 'M', 'm', 'i', 'F', 'C', 'D'],
        long_code: &[],
        long_valued: &[],
        starts: &[],
    },
    Interpreter {
        names: &["php"],
        code: &['r', 'B', 'R', 'E'],
        valued: &['c', 'd', 'z'],
        long_code: &["run"],
        long_valued: &["php-ini", "define"],
        starts: &[],
    },
    Interpreter {
        names: &["lua", "luajit", "Rscript", "tclsh"],
        code: &[],
        valued: &['e', 'l'],
        long_code: &[],
        long_valued: &[],
        starts: &[],
    },
    Interpreter { names: &["pwsh"], code: &['c', 'C'], valued: &[], long_code: &[], long_valued: &[], starts: &[] },
];

/// The option by which an interpreter runs a module of its own search path, with those that have it.
const MODULE: (&[&str], char) = (&["python", "pypy"], 'm');
/// The same as a word, as modules have it that run others.
const LONG_MODULE: &str = "--module";
/// What stands between a program that knows several and its script.
const SUBCOMMANDS: (&[&str], &str) = (&["deno", "bun"], "run");

/// By which words other programs are told code as a rule.
const CODE: [&str; 5] = ["-c", "-e", "-S", "--call", "eval"];

/// What is known of the program that a word stands for, from the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// No more than its name says.
    Nowhere,
    /// It is a link to what is called so.
    To(String),
    /// Nobody knows which program it is.
    Doubtful,
}

impl Leads {
    /// Whether a word is, or leads to, one of these programs; in doubt it is.
    pub(super) fn is_any(&self, word: &str, names: &[&str]) -> bool {
        match self {
            Leads::Doubtful => true,
            Leads::To(name) => is_called(name, names) || is_called(word, names),
            Leads::Nowhere => is_called(word, names),
        }
    }
}

/// What an interpreter runs.
pub(super) enum Runs {
    /// The word at an index; of a folder what it knows there.
    Script { at: usize, starts: &'static [&'static str] },
    /// A module by its name: the files that it may be.
    Module { files: Vec<String> },
}

/// What one word is to an interpreter.
enum Meaning {
    Flag,
    /// The next word is its value.
    Valued,
    /// What follows is no script.
    Code,
    /// No further word is an option.
    End,
    Script,
}

/// What is run of a command line, behind whatever starts it: what `env`, `timeout`, `prlimit`, scripts and many others run stands among
/// their words.
pub(super) fn runs(words: &[String], leads: &[Leads]) -> Vec<Runs> {
    let mut found = Vec::new();
    for (program, (word, leads)) in words.iter().zip(leads).enumerate() {
        for interpreter in INTERPRETERS.iter().filter(|known| leads.is_any(word, known.names)) {
            found.extend(interpreter.script(words, program));
        }
        if leads.is_any(word, MODULE.0) {
            let files =
                modules(&words[program + 1..]).into_iter().map(|module| Runs::Module { files: files_of(module) });
            found.extend(files);
        }
    }
    found
}

/// The places of the words that are read as code: what stands behind an option for that, or right behind its letter.
pub(super) fn code(words: &[String], leads: &[Leads]) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, (word, leads)) in words.iter().zip(leads).enumerate() {
        if at > 0 && CODE.contains(&word.as_str()) {
            found.extend(behind(words, at));
        }
        for interpreter in INTERPRETERS.iter().filter(|known| leads.is_any(word, known.names)) {
            found.extend(interpreter.code(words, at));
        }
    }
    found
}

/// The places behind one up to the first word that is no option.
fn behind(words: &[String], at: usize) -> std::ops::RangeInclusive<usize> {
    let mut more = words.iter().skip(at + 1).take_while(|word| word.starts_with(['-', '+']));
    at + 1..=at + 1 + more.by_ref().count()
}

/// The modules that words name to Python: behind each option for one, since a module may run another, and what is told to such a module.
fn modules(words: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_told = false;
    for (at, word) in words.iter().enumerate() {
        let long = word.strip_prefix(LONG_MODULE).map(|rest| rest.strip_prefix('=').unwrap_or(rest));
        let short = || {
            let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
            letters.split_once(MODULE.1).map(|(_, rest)| rest)
        };
        match long.or_else(short) {
            Some("") => found.extend(words.get(at + 1).map(String::as_str)),
            Some(module) => found.push(module),
            None if is_told && !word.starts_with('-') && !word.contains('/') => found.push(word),
            None => continue,
        }
        is_told = true;
    }
    found
}

impl Interpreter {
    /// The script that it runs, where it is the word at an index.
    fn script(&self, words: &[String], program: usize) -> Option<Runs> {
        let mut at = program + 1;
        if self.names.iter().any(|name| SUBCOMMANDS.0.contains(name))
            && words.get(at).is_some_and(|word| word == SUBCOMMANDS.1)
        {
            at += 1;
        }
        while let Some(word) = words.get(at) {
            match self.meaning(word) {
                Meaning::Flag => at += 1,
                Meaning::Valued => at += 2,
                Meaning::Code => return None,
                Meaning::End => return Some(Runs::Script { at: at + 1, starts: self.starts }),
                Meaning::Script => return Some(Runs::Script { at, starts: self.starts }),
            }
        }
        None
    }

    /// The words that it reads as code, where it is the word at an index.
    fn code(&self, words: &[String], program: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = program + 1;
        while let Some(word) = words.get(at) {
            // What is told to a module is for that to read.
            let is_module = self.names == MODULE.0 && word.starts_with('-') && word.contains(MODULE.1);
            match self.meaning(word) {
                Meaning::Flag if self.is_told_code(word) => found.push(at),
                Meaning::Flag => {}
                Meaning::Valued => at += 1,
                Meaning::Code if is_module => break,
                Meaning::Code => {
                    // Right behind the letter, too.
                    found.push(at);
                    let more = behind(words, at);
                    at = *more.end();
                    found.extend(more);
                }
                Meaning::End | Meaning::Script => break,
            }
            at += 1;
        }
        found
    }

    /// Whether a long option has code behind its `=`.
    fn is_told_code(&self, word: &str) -> bool {
        let long = word.strip_prefix("--").and_then(|long| long.split_once('='));
        long.is_some_and(|(long, _)| self.long_code.contains(&long))
    }

    fn meaning(&self, word: &str) -> Meaning {
        if let Some(long) = word.strip_prefix("--") {
            return match long {
                "" => Meaning::End,
                long if self.long_code.contains(&long) => Meaning::Code,
                long if self.long_valued.contains(&long) => Meaning::Valued,
                _ => Meaning::Flag,
            };
        }
        let is_shell = self.names.contains(&"sh");
        let letters = word.strip_prefix('-').or_else(|| word.strip_prefix('+').filter(|_| is_shell));
        let Some(letters) = letters else { return Meaning::Script };
        if letters.is_empty() {
            return Meaning::Code;
        }
        for (index, letter) in letters.char_indices() {
            let rest = &letters[index + letter.len_utf8()..];
            if self.names == MODULE.0 && letter == MODULE.1 {
                return Meaning::Code;
            }
            match (self.code.contains(&letter), self.valued.contains(&letter)) {
                (true, _) => return Meaning::Code,
                (false, true) if rest.is_empty() => return Meaning::Valued,
                (false, true) => return Meaning::Flag,
                (false, false) => {}
            }
        }
        Meaning::Flag
    }
}

/// Whether a word is one of these programs by its name, wherever it lies and whichever version it is: `python3.12-dbg`.
fn is_called(word: &str, names: &[&str]) -> bool {
    let called = word.rsplit('/').next().unwrap_or(word);
    let versioned =
        |rest: &str| rest.is_empty() || rest.trim_start_matches(['-', '.']).starts_with(|c: char| c.is_ascii_digit());
    names.iter().any(|name| called.strip_prefix(name).is_some_and(versioned))
}

/// The files that a module may be, and those of the packages around it.
pub(super) fn files_of(module: &str) -> Vec<String> {
    let path = module.trim().replace('.', "/");
    if path.is_empty() || path.contains("//") || path.starts_with('/') || path.ends_with('/') {
        return Vec::new();
    }
    // A module takes the place of a folder of its name that has no beginning.
    let around =
        path.match_indices('/').flat_map(|(at, _)| ["/__init__.py", ".py"].map(|end| format!("{}{end}", &path[..at])));
    let own = [".py", "/__main__.py", "/__init__.py"].map(|end| format!("{path}{end}"));
    own.into_iter().chain(around).collect()
}

//! The words of a command line and the variables of a call ⟶ the modules and classes that an interpreter is told to load, and the folders
//! in which it is told to look for them. What their names end in the interpreter knows.

use super::interpreters::Leads;

/// The options by which some load a module first, with what stands between the parts of its name.
const LOADS: [(&[&str], &[char], &str); 3] =
    [(PERL, &['M', 'm'], "::"), (&["ruby"], &['r'], "/"), (&["lua", "luajit"], &['l'], ".")];
pub(super) const PERL: &[&str] = &["perl"];
/// The letter behind which these are given a folder with modules.
const SEARCHED: char = 'I';
/// The modules of Perl that are given folders.
const OF_FOLDERS: [&str; 1] = ["lib"];
/// Where Perl looks for what `-d:` names.
const DEBUGGERS: &str = "Devel";
/// Those that look for what they load in folders of packages, with their options for it.
pub(super) const NODES: &[&str] = &["node", "nodejs", "bun", "deno"];
const NODE_LOADS: [&str; 7] =
    ["-r", "--require", "--import", "--loader", "--experimental-loader", "--preload", "--test-reporter"];
/// The variable with options of Perl, which may stand there without their dash.
pub(super) const PERL_OPTIONS: &str = "PERL5OPT";
/// What Python loads by the values of variables and by an option.
const WARNINGS: &str = "PYTHONWARNINGS";
const WARNS: &str = "-W";
const BREAKPOINT: &str = "PYTHONBREAKPOINT";
const PYTHON_SEARCHED: &str = "PYTHONPATH";
const CUSTOM: [&str; 2] = ["sitecustomize", "usercustomize"];
/// What runs a class by its name, with what stands between the parts of that, and how its options for folders begin.
const CLASSES: (&[&str], char) = (&["java"], '.');
const CLASS_PATHS: [&str; 5] = ["-cp", "-classpath", "--class-path", "-p", "--module-path"];

/// What is loaded.
#[derive(Default)]
pub(super) struct Loads {
    /// Modules, as paths without endings.
    pub(super) modules: Vec<String>,
    /// Packages that Node looks for in `node_modules`.
    pub(super) packages: Vec<String>,
    /// The same by a path, which may be a folder.
    pub(super) folders_of_node: Vec<String>,
    /// Where modules are looked for.
    pub(super) folders: Vec<String>,
    /// Whether Perl is among those that look, which goes into folders of versions first.
    pub(super) is_perl: bool,
}

/// What words and the options in the values of variables tell.
pub(super) fn loads(words: &[String], leads: &[Leads], said: &[(&str, &str)]) -> Loads {
    let mut found = Loads::default();
    for (at, (word, leads)) in words.iter().zip(leads).enumerate() {
        found.take(&words[at + 1..], |names| leads.is_any(word, names), *leads == Leads::Doubtful);
    }
    // Whose options they are nobody can tell.
    for (name, value) in
        said.iter().filter(|(name, value)| *name == PERL_OPTIONS || value.trim_start().starts_with('-'))
    {
        // Perl puts the dash before them where there is none.
        let option = |word: &str| {
            if *name == PERL_OPTIONS { format!("-{}", word.trim_start_matches('-')) } else { word.to_owned() }
        };
        let options: Vec<String> = value.split_whitespace().map(option).collect();
        found.take(&options, |_| true, true);
    }
    found
}

impl Loads {
    /// What a program is told that is one of those that `is_any` says.
    fn take(&mut self, words: &[String], is_any: impl Fn(&[&str]) -> bool, is_doubtful: bool) {
        for (names, letters, between) in LOADS.iter().filter(|(names, ..)| is_any(names)) {
            words
                .iter()
                .enumerate()
                .for_each(|(at, word)| self.take_option(word, words.get(at + 1), (letters, between)));
            if *names == PERL {
                self.is_perl |= !words.is_empty();
                self.modules.extend(words.iter().filter_map(|word| debugger(word)));
            }
        }
        if is_any(NODES) {
            let loads = words.iter().enumerate().filter_map(|(at, word)| node_load(word, words.get(at + 1)));
            let (paths, packages): (Vec<&str>, Vec<&str>) = loads.partition(|value| value.starts_with(['.', '/']));
            self.packages.extend(packages.into_iter().map(str::to_owned));
            self.folders_of_node.extend(paths.into_iter().map(str::to_owned));
        }
        let says_where = || words.iter().any(|word| CLASS_PATHS.iter().any(|option| word.starts_with(option)));
        if is_any(CLASSES.0) && (!is_doubtful || says_where()) {
            self.take_classes(words);
        }
    }

    fn take_option(&mut self, word: &str, next: Option<&String>, (letters, between): (&[char], &str)) {
        let Some(options) = word.strip_prefix('-').filter(|options| !options.starts_with('-')) else { return };
        let is_known = |c: char| letters.contains(&c) || c == SEARCHED;
        let Some((before, letter)) = options.char_indices().find(|(_, c)| is_known(*c)) else { return };
        let rest = &options[before + letter.len_utf8()..];
        let Some(value) = Some(rest).filter(|rest| !rest.is_empty()).or(next.map(String::as_str)) else { return };
        if letter == SEARCHED {
            self.folders.push(value.to_owned());
            return;
        }
        // `-MFoo=a,b`, `-M-Foo`, `-M'Foo qw(a)'`, and `-l g=foo`.
        let is_between = |c: char| c == '=' || c.is_whitespace();
        let mut parts = value.trim_start_matches('-').split(is_between).filter(|part| !part.is_empty());
        let Some(first) = parts.next() else { return };
        if OF_FOLDERS.contains(&first) {
            let given = parts.flat_map(|part| part.split(|c: char| "'\"(),;".contains(c) || c.is_whitespace()));
            self.folders.extend(
                given.map(|part| part.trim_start_matches("qw")).filter(|part| !part.is_empty()).map(str::to_owned),
            );
            return;
        }
        // What some import is a module itself: `-Mif=1,Foo`.
        let parts = [first].into_iter().chain(parts).flat_map(|part| part.split(','));
        let parts = parts.map(|part| part.trim_end_matches([';', '(', ')'])).filter(|part| !part.is_empty());
        self.modules.extend(parts.map(|part| part.replace(between, "/")));
    }

    /// Which of its words is the class, and which say where classes are, only Java can tell.
    fn take_classes(&mut self, words: &[String]) {
        let value = |word: &String| match word.strip_prefix('-') {
            None => Some(word.clone()),
            // `--module-path=out`, and `-Xbootclasspath/a:out`.
            Some(option) => option.split_once(['=', ':']).map(|(_, value)| value.to_owned()),
        };
        let values: Vec<String> = words.iter().filter_map(value).collect();
        self.folders.extend(values.iter().flat_map(|value| value.split(':')).map(str::to_owned));
        // A class of a module stands behind its name: `m/a.Main`.
        let classes =
            values.iter().flat_map(|value| [Some(value.as_str()), value.split_once('/').map(|(_, class)| class)]);
        self.modules.extend(classes.flatten().map(|class| class.replace(CLASSES.1, "/")));
    }
}

/// The module that `-d:Foo` and `-dt:Foo=a` of Perl name.
fn debugger(word: &str) -> Option<String> {
    let (letters, name) = word.strip_prefix('-')?.split_once(':')?;
    let is_debugger = letters.contains('d') && letters.chars().all(|c| c.is_ascii_alphabetic());
    let name = name.split(|c: char| c == '=' || c.is_whitespace()).next()?.trim_start_matches('-');
    is_debugger.then(|| format!("{DEBUGGERS}/{}", name.replace("::", "/")))
}

/// What an option has Node load.
pub(super) fn node_load<'w>(word: &'w str, next: Option<&'w String>) -> Option<&'w str> {
    let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
    // Node takes `_` for `-` there.
    let value = match NODE_LOADS.contains(&option.replace('_', "-").as_str()) {
        true => value.or(next.map(String::as_str)),
        false => word.strip_prefix("-r").filter(|rest| !rest.is_empty()),
    }?;
    Some(value).filter(|value| !value.is_empty())
}

/// The modules that a variable has Python load: those that its value names, and beside the folders that it lists those that Python always
/// looks for.
pub(super) fn python_modules<'v>(name: &str, value: &'v str) -> Vec<&'v str> {
    match name {
        WARNINGS => value.split(',').filter_map(warned).collect(),
        BREAKPOINT => value.rsplit_once('.').map(|(module, _)| module).into_iter().collect(),
        PYTHON_SEARCHED => CUSTOM.to_vec(),
        _ => Vec::new(),
    }
}

/// The same of the options for warnings, `-W error::a.b.C`.
pub(super) fn python_warnings(words: &[String]) -> impl Iterator<Item = &str> {
    let behind = words.iter().enumerate().filter_map(|(at, word)| Some((at, word.strip_prefix(WARNS)?)));
    let filters = behind.filter_map(|(at, rest)| match rest {
        "" => words.get(at + 1).map(String::as_str),
        rest => Some(rest),
    });
    filters.filter_map(warned)
}

/// The module of the kind of warning that one of these is about.
fn warned(filter: &str) -> Option<&str> {
    filter.split(':').nth(2)?.rsplit_once('.').map(|(module, _)| module)
}

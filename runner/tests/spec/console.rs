//! Blocks of commands: run in a scratch workspace, their output compared line by line. A line `…` stands for any lines.

use crate::world::World;
use regex::Regex;

/// The workspace of a section, made when it is first needed.
#[derive(Default)]
pub struct Scratch {
    world: Option<World>,
    /// The last digest and the last run that were seen, for commands that name them.
    digest: String,
    run: String,
}

impl Scratch {
    fn world(&mut self) -> &World {
        self.world.get_or_insert_with(World::new)
    }

    /// Writes a file.
    pub fn write(&mut self, name: &str, content: &str) {
        self.world().write(name, content.as_bytes());
    }

    /// Runs the commands of a block; gives the block as it should be.
    pub fn play(&mut self, content: &str) -> String {
        let commands = content.lines().filter_map(|line| line.strip_prefix("$ "));
        commands.map(|command| format!("$ {command}\n{}", self.run(command))).collect()
    }

    fn run(&mut self, command: &str) -> String {
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_planc")).parent().expect("planc lies in a folder");
        let line = command.replace("sha256:…", &self.digest).replace("RUN", &self.run);
        let script = format!("PATH='{}':$PATH; exec 2>&1; {line}", folder.display());
        // A session of its own has no controlling terminal, so nobody can be asked.
        let said = self.world().command(&["setsid", "--wait", "sh", "-c", &script], "");
        let last = |pattern: &str| {
            let pattern = Regex::new(pattern).expect("a pattern");
            pattern.captures_iter(&said.out).last().map(|found| found[1].to_owned())
        };
        self.digest = last("(sha256:[0-9a-f]{64})").unwrap_or_else(|| std::mem::take(&mut self.digest));
        self.run = last("\\brun ([0-9a-f]{8})\\b").unwrap_or_else(|| std::mem::take(&mut self.run));
        let mut text = self.world().redact(&said.out);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if said.exit != 0 {
            text.push_str(&format!("[exit {}]\n", said.exit));
        }
        text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Whether a text is as it is shown.
pub fn matches(shown: &str, actual: &str) -> bool {
    lines_match(&shown.lines().collect::<Vec<_>>(), &actual.lines().collect::<Vec<_>>())
}

fn lines_match(shown: &[&str], actual: &[&str]) -> bool {
    match (shown, actual) {
        (["…", rest @ ..], _) => (0..=actual.len()).any(|skipped| lines_match(rest, &actual[skipped..])),
        ([], []) => true,
        ([first, shown @ ..], [line, actual @ ..]) => first.trim_end() == line.trim_end() && lines_match(shown, actual),
        _ => false,
    }
}

/// The first line that is not as shown, counted from 0, and both texts.
pub fn first_difference(shown: &str, actual: &str) -> (usize, String) {
    let same = shown.lines().zip(actual.lines()).take_while(|(a, b)| a == b).count();
    let at = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    (same, format!("shown:  {}\nactual: {}\nall of it:\n{actual}", at(shown), at(actual)))
}

// What git says is known only when the plan runs, so the dry run cannot show the new lines of the changelog. It shows
// where they come from instead, and the last step shows the result to whoever commits it.
plan "Prepare a release" {
  rationale "Version and changelog in one change; a person commits, tags and publishes it."

  input version: string

  assume "the changelog has a place for the next release" {
    fs.search(pattern: "^<!-- next release -->$", files: "CHANGELOG.md").matches.length() == 1
  }
  assume "The tests of the last commit have passed."

  critical {
    modify "CHANGELOG.md"
    modify "VERSION"
    run    "git status"  "only reads"
    run    "git log"     "only reads"
    run    "git diff"    "only reads"
  }

  step old = fs.read(path: "VERSION")
  step status = process.run(argv: ["git", "status", "--porcelain"]) {
    because "What is not committed would slip into the release."
    expect status.stdout.is_empty()
  }
  step log = process.run(
    argv: ["git", "log", "--reverse", "--format=%s", "v${old.text.trim()}..HEAD"],
  ) {
    expect log.stdout.lines().length() > 0
  }

  // Only features and fixes are of interest to users.
  let subjects = log.stdout.lines()
  let features = [s.strip_prefix("feature: ") for s in subjects if s.starts_with("feature: ")]
  let fixes = [s.strip_prefix("fix: ") for s in subjects if s.starts_with("fix: ")]
  let entries = features.concat(["Fixed: ${fix}" for fix in fixes])

  step changelog = fs.edit(
    path: "CHANGELOG.md",
    edits: [{
      find: "<!-- next release -->\n",
      replace: "<!-- next release -->\n\n## ${version}\n\n${["- ${e}\n" for e in entries].join("")}",
    }],
  )
  step number = fs.write(path: "VERSION", text: "${version}\n")

  verify "two files are different, and nothing else" {
    step diff = process.run(argv: ["git", "diff", "--name-only"])
    diff.stdout.lines() == ["CHANGELOG.md", "VERSION"]
  }
  verify "A person reads the changelog aloud."

  output released = "${old.text.trim()} to ${version}"
  output notes = entries
}

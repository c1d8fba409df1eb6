// The dry run finds every file of every crate, and each becomes an edit of its own with as many places as were found there.
plan "Rename calc_total() to total_cents() in all crates" {
  rationale "The name says what it gives: cents. Three crates call it."

  assume "nobody uses the new name yet" {
    fs.search(pattern: r"\btotal_cents\b", files: "*/src/**/*.rs").matches.is_empty()
  }

  critical {
    modify "*/src/**/*.rs"
    create "Cargo.lock"  "cargo writes it where there is none"
    run    "cargo test"  "compiles all crates and runs their tests"
  }

  step uses = fs.search(pattern: r"\bcalc_total\b", files: "*/src/**/*.rs") {
    expect not uses.matches.is_empty()
  }
  let paths = [use.path for use in uses.matches].unique()

  each renamed = path in paths {
    step before = fs.read(path: path)
    step edit = fs.edit(
      path: path,
      edits: [{
        find: "calc_total",
        replace: "total_cents",
        count: before.text.split("calc_total").length() - 1,
      }],
    )
    result { path: path, places: edit.replaced }
  }

  verify "no use of the old name is left" {
    fs.search(pattern: r"\bcalc_total\b", files: "*/src/**/*.rs").matches.is_empty()
  }
  verify "all crates compile and their tests pass" {
    step tests = process.run(argv: ["cargo", "test", "--offline", "--quiet", "--workspace"]) {
      timeout 5m
    }
    not tests.stdout.contains("FAILED")
  }

  output renamed = renamed
}

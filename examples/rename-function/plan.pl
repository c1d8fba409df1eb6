plan "Rename the shell function greet() to welcome()" {
  rationale "`greet` collides with a program of the same name on our servers."

  critical {
    modify "{lib,bin,tests}/*"  "where the function is defined and called"
    run    "sh tests/run.sh"    "the project's own tests"
  }

  // Whole words only, so that `greeting` stays.
  step uses = fs.search(pattern: r"\bgreet\b", files: "**") {
    because "Everybody who calls the function must follow."
    expect uses.files == 3
  }

  step library = fs.edit(
    path: "lib/greeting.sh",
    edits: [
      { find: "# greet NAME", replace: "# welcome NAME" },
      { find: "greet() {", replace: "welcome() {" },
      { find: "\"greet: who?\"", replace: "\"welcome: who?\"" },
    ],
  )
  step program = fs.edit(path: "bin/hello", edits: [{ find: "greet \"$", replace: "welcome \"$" }])
  step tests = fs.edit(
    path: "tests/run.sh",
    edits: [{ find: "$(greet ", replace: "$(welcome ", count: 2 }],
  )

  verify "the tests pass with the new name" {
    step after = process.run(argv: ["sh", "tests/run.sh"]) {
      timeout 30s
      expect after.stdout.is_empty()
    }
    after.exit_code == 0
  }
  verify "the old name is gone" {
    fs.search(pattern: r"\bgreet\b", files: "**").matches.is_empty()
  }

  output places = uses.matches.length()
}

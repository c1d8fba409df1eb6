plan "Rename Shape::size() to area()" {
  rationale "`size` reads like a number of bytes; the documentation says area throughout."

  critical {
    modify "src/*.rs"
    modify "Cargo.toml"  "the next minor version, for callers must follow"
    create "Cargo.lock"  "cargo writes it where there is none"
    run    "cargo test"  "compiles the crate and runs its tests"
  }

  // All places are found by the dry run; the edits take their number from here.
  step uses = fs.search(pattern: r"\bsize\(", files: "src/**/*.rs") {
    expect uses.files == 3
  }
  let in_library = [use for use in uses.matches if use.path == "src/lib.rs"].length()

  step library = fs.edit(
    path: "src/lib.rs",
    edits: [{ find: "size(", replace: "area(", count: in_library }],
  )
  step circle = fs.edit(
    path: "src/circle.rs",
    edits: [{ find: "fn size(", replace: "fn area(" }],
  )
  step square = fs.edit(
    path: "src/square.rs",
    edits: [{ find: "fn size(", replace: "fn area(" }],
  )
  step manifest = fs.edit(
    path: "Cargo.toml",
    edits: [{ find: "version = \"0.1.0\"", replace: "version = \"0.2.0\"" }],
  )

  verify "no use of the old name is left" {
    fs.search(pattern: r"\bsize\(", files: "src/**/*.rs").matches.is_empty()
  }
  verify "the crate compiles and its tests pass" {
    step tests = process.run(argv: ["cargo", "test", "--offline", "--quiet"]) {
      timeout 5m
    }
    tests.stdout.contains("test result: ok")
  }
}

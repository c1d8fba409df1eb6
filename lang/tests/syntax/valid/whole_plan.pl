plan "Move configuration from INI to TOML" {
  rationale "One reviewed change; the INI file stays until the tests pass."
  context """
    The loader has read TOML since 2.3. Operators have asked for comments.
    """

  input environment: "staging" | "production" = "staging"

  assume "config.ini is where the loader expects it" {
    fs.stat(path: "config.ini").kind == "file"
  }
  assume "No release is in flight today."          // no check: the approver confirms it

  critical {
    read   "config.ini"
    create "config.toml"     "the new source of truth"
    modify "src/loader.rs"   "prefer TOML when both exist"
    run    "cargo test"
    contact "mail-${environment}.example" "where it goes"
    create  [out.first("none"), "b.txt"]
  }

  reuse "src/loader.rs" "parse_toml() already exists; no new parser is written"

  step ini = fs.read(path: "config.ini")

  step toml = fs.write(path: "config.toml", text: ini.text.replace(" = ", "=")) {
    because "The loader prefers TOML when both exist."
  }

  step loader = fs.edit(
    path: "src/loader.rs",
    edits: [{ find: "read_ini(", replace: "read_toml(" }],
  )

  step tests = process.run(argv: ["cargo", "test"]) {
    timeout 5m
    expect tests.exit_code == 0
  }

  verify "the loader reads TOML" {
    step shown = process.run(argv: ["cargo", "run", "--", "--print-config"])
    shown.stdout.contains("toml")
  }
  verify "Operator docs no longer mention config.ini."   // no check: a person follows it afterwards

  output changed = [toml.path, loader.path]
}

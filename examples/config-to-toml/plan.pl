// The plan that the design page of the language begins with, without programs: planc can take back all of it by itself.
plan "Move the settings from INI to TOML" {
  rationale "One reviewed change; the INI file stays until the next release."
  context """
    `read_toml()` has been in the code since 2.3 and nothing calls it. Operators have asked for
    settings with types.
    """

  input environment: "staging" | "production" = "staging"

  assume "config.ini is where the loader expects it" {
    fs.stat(path: "config.ini").kind == "file"
  }
  assume "nobody has begun this already" {
    fs.stat(path: "config.toml").kind == "missing"
  }
  assume "No release is in flight today."

  critical {
    read   "config.ini"
    create "config.toml"      "the new source of truth"
    modify "src/settings.py"  "load the new file"
    modify "docs/operations.md"
  }

  reuse "src/settings.py" "read_toml() already exists; no new parser is written"

  // A line with ` = ` is a setting; its value needs quotes unless it is a number or a Boolean.
  step ini = fs.read(path: "config.ini")
  let lines = [{ text: line, parts: line.split(" = ") } for line in ini.text.lines()]
  let settings = [
    if row.parts.length() != 2 then row.text.replace("; ", "# ")
        else if row.parts[1].parse_int() != null or row.parts[1] in ["true", "false"] then row.text
        else "${row.parts[0]} = \"${row.parts[1]}\""
    for row in lines
  ]

  step toml = fs.write(
    path: "config.toml",
    text: "# For ${environment}.\n${settings.join("\n")}\n",
  ) {
    because "The loader reads TOML from now on."
  }

  step loader = fs.edit(
    path: "src/settings.py",
    edits: [{
      find: "return read_ini(\"config.ini\")",
      replace: "return read_toml(\"config.toml\")",
    }],
  ) {
    because "Nothing else calls read_ini()."
    expect loader.replaced == 1
  }

  step manual = fs.edit(
    path: "docs/operations.md",
    edits: [{ find: "config.ini", replace: "config.toml" }],
  )

  verify "every setting has arrived" {
    step written = fs.read(path: "config.toml")
    let keys = [line.parts[0] for line in lines if line.parts.length() == 2]
    [key for key in keys if not written.text.contains("${key} = ")].is_empty()
  }
  verify "nothing loads the INI file any more" {
    fs.search(pattern: r"config\.ini", files: "{src,docs}/**").matches.is_empty()
  }
  verify "The relay starts on staging with the new file."

  output changed = [toml.path, loader.path, manual.path]
}

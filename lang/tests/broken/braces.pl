plan "Sum up the notes" {
  critical {
    create "summary.txt"
  }
  step "all notes" = fs.glob(pattern: "notes/*.md")
  let size = if all_notes.paths.length() > 10 {
    "many"
  } else if all_notes.paths.length() > 1 {
    "some"
  } else {
    "few"
  }
  let sign = match size { "many" => "!"; "some" | "few" => "."; _ => "?" }
  for path in all_notes.paths:
    step note = fs.read(path: path) {
      on failure { stop }
    }
    result note.text

  gate "Write the summary?" {
    show size, sign
  }
  step summary = fs.write(path: "summary.txt"; text: if size == "few" { "-" } else { size }) if size != "none" & sign != "?"
  output written = summary
  output texts = path_results
}

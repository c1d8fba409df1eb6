plan: "Copy the notes"
rationale: "So that there are two."
critical {
  - read "notes.txt"
  create: "copy.txt"
}
step: notes = fs.read("path": "notes.txt")
step: copy = fs.write("path": "copy.txt", "text": notes.text) {
  depends_on: [notes]
  timeout: 30 seconds
  retries: 3
  on_failure: stop
}

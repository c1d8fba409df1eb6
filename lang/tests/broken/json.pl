plan "Edit the notes" {
  critical { modify "notes.txt" }
  let wanted = { "find": "old", "replace": "new" }
  step edited = fs.edit("path": "notes.txt", "edits": [{ "find": wanted.find, "replace": wanted.replace }])
  output result = { "path": edited.path, "replaced": edited.replaced }
}

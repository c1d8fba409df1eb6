# Back up the notes, as a script in Python would.
plan "Back up the notes":
  rationale = 'The old ones are kept.'
  critical {
    create "backup.txt"
  }

  notes = fs.read(path="notes.txt")
  let long = True if len(notes.text) > 100 else False
  backup = fs.write(path="backup.txt", text=f"{notes.text}\n")
  let kept = backup.path is not None and long
  return kept

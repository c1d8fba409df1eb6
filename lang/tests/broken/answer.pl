Sure! Here is the plan you asked for:

```planc
plan "Read the notes" {
  step notes = fs.read(path: "notes.txt")
  output lines = notes.text.lines()
}
```

It reads the notes and doesn't change anything.

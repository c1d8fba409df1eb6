// Every tool that changes files, and every one of them taken back by `planc undo`.
plan "Sort the notes in the inbox" {
  rationale "The inbox is empty again; recipes have a folder of their own."

  critical {
    delete "inbox/**"          "moved or outdated"
    create "notes/recipes/**"
    create "notes/journal.md"  "from the template"
    modify "notes/*.md"
  }

  step inbox = fs.list(path: "inbox")
  let recipes = [note.name for note in inbox.entries if note.path.extension() == "md"]

  step folder = fs.make_dir(path: "notes/recipes")
  step bread = fs.move(
    from: "inbox/2025-05-02-bread.md",
    to: folder.path.join("bread.md"),
  )
  step soup = fs.move(from: "inbox/2025-05-09-soup.md", to: folder.path.join("soup.md"))
  step journal = fs.copy(from: "notes/template.md", to: "notes/journal.md")
  step entry = fs.append(path: journal.path, text: "Sorted ${recipes.length()} recipes.\n")
  step index = fs.append(
    path: "notes/index.md",
    text: """

      - [Bread](recipes/${bread.path.name()})
      - [Soup](recipes/${soup.path.name()})
      """,
  )
  step draft = fs.delete(path: "inbox/draft.txt") {
    because "The plumber has been."
    when recipes.length() == 2
  }

  verify "the inbox is empty" {
    fs.list(path: "inbox").entries.is_empty()
  }
  verify "every link of the index leads to a note" {
    step notes = fs.glob(pattern: "notes/recipes/*.md")
    notes.paths == [bread.path, soup.path]
  }
}

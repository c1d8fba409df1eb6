// Written when the schema was at version 7; somebody else has added a migration since. The dry run notices it before
// anybody is asked, so nothing runs.
plan "Add a column for the language of a user" {
  rationale "Mails are to be sent in the reader's language."

  assume "the schema is at version 7" {
    fs.search(pattern: "^-- version: 7$", files: "src/schema.sql").matches.length() == 1
  }
  assume "number 0008 is free" {
    fs.glob(pattern: "migrations/0008_*.sql").paths.is_empty()
  }

  critical {
    create "migrations/0008_language.sql"
    modify "migrations/README.md"  "its list of migrations"
  }

  step migration = fs.write(
    path: "migrations/0008_language.sql",
    text: "alter table users add column language text not null default 'en';\n",
  )
  step list = fs.append(path: "migrations/README.md", text: "- 0008 the language of a user\n")

  verify "the number is used once" {
    fs.glob(pattern: "migrations/0008_*.sql").paths == [migration.path]
  }
}

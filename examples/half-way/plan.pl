// The last step fails: a link leads nowhere. `on failure undo` takes back what the run has done until then.
plan "Move the garden club's meetings to Tuesdays" {
  rationale "The hall is taken on Mondays from May on."

  critical {
    modify "site/pages/*.html"
    create "site/pages/calendar.html"  "the new page"
    delete "site/old/**"               "nobody links to it"
    run    "sh tests/links.sh"
  }

  step front = fs.edit(
    path: "site/pages/index.html",
    edits: [
      { find: "<b>Mondays</b>", replace: "<b>Tuesdays</b>" },
      { find: "contact.html\">Contact", replace: "contacts.html\">Contact" },
    ],
  )
  step contact = fs.edit(
    path: "site/pages/contact.html",
    edits: [{ find: "Monday", replace: "Tuesday" }],
  )
  step calendar = fs.write(
    path: "site/pages/calendar.html",
    text: """
      <h1>Calendar</h1>
      <p>Every Tuesday at seven.</p>
      """,
  )
  step old = fs.delete(path: "site/old", recursive: true)

  step links = process.run(argv: ["sh", "tests/links.sh"]) {
    because "A page that cannot be reached is worse than one that is out of date."
    timeout 30s
    on failure undo
  }
}

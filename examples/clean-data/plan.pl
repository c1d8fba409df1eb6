plan "Clean the donations of 2025" {
  rationale "Twelve hand-written files become one table that a program can add up."
  context """
    Mistakes are mended where they were made, so that the monthly files and the table agree. What
    only a person can decide is left to the treasurer in `questions.md`.
    """

  assume "there is one file for each month" {
    fs.glob(pattern: "data/2025-*.csv").paths.length() == 12
  }
  assume "The treasurer writes to none of the files today."

  critical {
    modify "data/*.csv"     "single mistakes, each shown below"
    create "donations.csv"  "all rows of the year"
    create "questions.md"   "for the treasurer"
    modify "README.md"
  }

  // Each mistake is mended by an edit that names exactly what it replaces.
  step march = fs.edit(
    path: "data/2025-03.csv",
    edits: [{ find: "amuont", replace: "amount" }],
  )
  step november = fs.edit(
    path: "data/2025-11.csv",
    edits: [{ find: "datum,", replace: "date," }],
  )
  step october = fs.edit(
    path: "data/2025-10.csv",
    edits: [{ find: "01.10.2025", replace: "2025-10-01" }],
  )
  step february = fs.edit(
    path: "data/2025-02.csv",
    edits: [{ find: ", Ada ,", replace: ",Ada," }],
  )

  // One search reads all rows of all files, as the edits above leave them.
  step rows = fs.search(pattern: r"^\d{4}-\d\d-\d\d,", files: "data/2025-*.csv") {
    because "Everything but the headings is a row."
    expect rows.files == 12
  }

  // A row has three parts; the amount is a number with two decimals.
  let parsed = [
    { path: row.path, line: row.line, text: row.text, parts: row.text.split(",") }
    for row in rows.matches
  ]
  let good = [
    row
    for row in parsed
    if row.parts.length() == 3 and row.parts[1] != "TEST" and row.parts[2].parse_float() != null
  ]
  let odd = [row for row in parsed if not (row in good)]
  let twice = [
    row.text
    for row in good
    if [other for other in good if other.text == row.text].length() > 1
  ].unique()

  let kept = [row.text for row in good].unique().sort()

  step table = fs.write(
    path: "donations.csv",
    text: "date,member,amount\n${kept.join("\n")}\n",
  )
  step questions = fs.write(
    path: "questions.md",
    text: """
      # Questions

      Rows that are left out:

      ${["- ${row.path}, line ${row.line}: `${row.text}`" for row in odd].join("\n")}

      Rows that are there twice, and counted once:

      ${["- `${row}`" for row in twice].join("\n")}
      """,
  )
  step readme = fs.append(
    path: "README.md",
    text: "\n`donations.csv` has all rows of the year; `questions.md` says what is not in it.\n",
  )

  verify "every row of the table has its three parts" {
    step lines = fs.search(pattern: r"^\d{4}-\d\d-\d\d,\w+,\d+\.\d\d$", files: "donations.csv")
    lines.matches.length() == kept.length()
  }
  verify "headings are the same in all files" {
    fs.search(pattern: "^date,member,amount$", files: "**/*.csv").files == 13
  }

  output rows_kept = kept.length()
  output rows_left_out = odd.length()
  // Exact, for it is counted in cents.
  output cents = [row.split(",")[2].replace(".", "").parse_int() ?? 0 for row in kept].sum()
}

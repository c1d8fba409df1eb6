// Which rows to measure again: those whose replicates scatter. The numbers are computed in the dry run, so the approver
// sees the table before it is written.
plan "Flag the assay rows that scatter" {
  rationale "Rows whose coefficient of variation is too large are measured again, and the report says which."
  context """
    The report of the week goes to the chemists on Friday. The export of the reader stays as it is;
    the flags have a file of their own.
    """

  // The coefficient of variation, in percent, above which a row is measured again.
  input limit: float = 15.0

  assume "the export has forty rows, each with its own id" {
    fs.read(path: "results.csv").text.parse_csv("id").unique().length() == 40
  }
  assume "the report has no section on precision yet" {
    fs.search(pattern: "^## Precision", files: "report.md").matches.is_empty()
  }
  assume "Nobody corrects the export by hand."

  critical {
    create "flags.csv"  "one line for each row, flagged or not"
    modify "report.md"  "a section at its end"
  }

  step export = fs.read(path: "results.csv")

  // The types of the columns are checked cell by cell. An empty well is null.
  let rows = export.text.parse_csv(
    "id, compound, dose: float from Dose (nM), rep1: float?, rep2: float?, rep3: float?, rep4: float?",
  )
  let measured = [
    { row: row, values: [v for v in [row.rep1, row.rep2, row.rep3, row.rep4] if v != null] }
    for row in rows
  ]
  let rated = [
    {
      id: m.row.id,
      compound: m.row.compound,
      dose: m.row.dose,
      n: m.values.length(),
      mean: m.values.mean(),
      cv: m.values.stddev() / m.values.mean() * 100.0,
    }
    for m in measured
  ]
  let flagged = [row for row in rated if row.cv > limit by row.cv desc, row.id]

  step flags = fs.write(
    path: "flags.csv",
    text: [
      {
        id: row.id,
        n: row.n,
        cv_percent: row.cv.round(1),
        flag: if row.cv > limit then "repeat" else "ok",
      }
      for row in rated
    ].to_csv(),
  ) {
    because "The robot takes its list of wells from here."
  }

  let table = [
    "| ${r.id} | ${r.compound} | ${r.dose} | ${r.n} | ${r.mean.format(1)} | ${r.cv.format(1)} % |"
    for r in flagged
  ]
  let compounds = [
    "- ${of.key}: ${of.items.length()}"
    for of in flagged.group("compound")
    by of.key
  ]
  step summary = fs.append(
    path: "report.md",
    text: """

      ## Precision

      ${flagged.length()} of ${rows.length()} rows have a coefficient of variation above ${limit} %
      and are measured again. The median of all rows is ${[r.cv for r in rated].median().format(1)} %.

      | row | compound | dose (nM) | n | mean | CV |
      | --- | --- | ---: | ---: | ---: | ---: |
      ${table.join("\n")}

      By compound:

      ${compounds.join("\n")}
      """,
  )

  verify "every row of the export has its flag" {
    step written = fs.read(path: flags.path)
    let lines = written.text.parse_csv("id, flag")
    [line.id for line in lines] == [row.id for row in rows]
        and [line.id for line in lines if line.flag == "repeat"].sort()
            == [row.id for row in flagged].sort()
  }
  verify "the report names the rows that are flagged, and no others" {
    [
      line.text.split(" ")[1]
      for line in fs.search(pattern: r"^\| A\d+ \|", files: "report.md").matches
    ]
        == [row.id for row in flagged]
  }

  output repeat = [row.id for row in flagged]
}

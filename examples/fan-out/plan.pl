// One check for each repository. One that fails is a finding and no reason to stop: the others are still looked at, and
// the report names all of them.
plan "Check whether every repository is fit to be released" {
  rationale "One report for the release meeting, also where a repository is not fit."

  assume "the list names every repository, and each brings its check" {
    [
      "repositories/${name}/check.sh"
      for name in fs.read(path: "repositories.txt").text.lines()
    ].sort()
        == fs.glob(pattern: "repositories/*/check.sh").paths.sort()
  }

  critical {
    create "report.md"
    run    "sh check.sh"  "each in its own repository; they only read"
  }

  step list = fs.read(path: "repositories.txt")

  each checks = name in list.text.lines() {
    step check = process.run(argv: ["sh", "check.sh"], directory: "repositories/${name}") {
      timeout 30s
      on failure continue
    }
    // What failed has no result: its value is null.
    result {
      name: name,
      fit: check != null,
      said: check?.stdout?.trim() ?? "its check failed; the record of the run says why",
    }
  }

  let unfit = [check.name for check in checks if not check.fit]
  step report = fs.write(
    path: "report.md",
    text: """
      # Release check

      ${checks.length() - unfit.length()} of ${checks.length()} repositories are fit to be released.
      ${if unfit.is_empty() then "None stands in the way." else "Not fit: **${unfit.join("**, **")}**."}

      | repository | fit | |
      | --- | --- | --- |
      ${["| ${c.name} | ${if c.fit then "yes" else "**no**"} | ${c.said} |" for c in checks].join("\n")}
      """,
  )

  verify "the report has a line for every repository" {
    step lines = fs.search(pattern: r"^\| \w+ \| (yes|\*\*no\*\*) \|", files: "report.md")
    [line.text.split(" ")[1] for line in lines.matches] == list.text.lines()
  }
  verify "Whoever owns a repository that is not fit is told before the meeting."

  output fit = [check.name for check in checks if check.fit]
  output unfit = unfit
}

// ==== unknown methods
plan "p" {
  step a = fs.list()
  step r = fs.read(path: "a")
  let text = r.text
  output b = text.len()
  output c = text.toUpperCase()
  output d = text.trimm()
  output e = a.entries.map("name")
  output f = r.upper()
  output g = true.length()
  output h = a.entries.len()
  output i = text.length
  output j = text.frobnicate()
}
// ==== constant texts that decide on a type
plan "p" {
  step a = fs.read(path: "a")
  output b = a.text.parse(a.path)
  output c = a.text.parse("Rating: {rating: number}")
  output d = a.text.parse("Rating: {rating}").ratings
  output e = a.text.parse_csv("id, dose: float from Dose (mg)").first("no row").dose + 1
  output f = a.text.parse_csv("Dose (mg)")
  output g = [{ x: 1 }].group("y")
  output h = ["a"].mean()
  output i = [{ x: [1] }].to_csv()
}
// ==== arguments of methods
plan "p" {
  step a = fs.read(path: "a")
  output b = a.text.replace("a")
  output c = a.text.replace(old: "a", new: "b")
  output d = a.text.split(1)
  output e = a.text.trim(" ")
  output f = [1, 2].join(",")
  output g = a.text.slice("1")
  output h = a.text.matches("(")
  output i = a.text.lines().first(1)
}
// ==== expressions that always fail
plan "p" {
  step a = fs.read(path: "a") {
    when false
    expect [1][2] == 1
  }
  let bad = [1, 2].drop(2).first("no number is left")
  output b = bad
  output c = bad + 1
  output d = "abc".slice(2, 1)
  output e = if true then "x" else "abc".slice(2, 1)
}

// ==== operators on the wrong types
plan "p" {
  step a = fs.read(path: "a")
  output b = "a" + "b"
  output c = "a" + 1
  output d = [1] + [2]
  output e = a - 1
  output f = "a" < 1
  output g = -"a"
  output h = not "a"
  output i = a and true
  output j = a.text in "text"
  output k = 1 in 2
  output l = a.bytes % "2"
}
// ==== conditions
plan "p" {
  step a = fs.list() {
    expect a.entries
  }
  step b = fs.read(path: "b") {
    when "yes"
    expect b.text
    expect b.bytes
  }
  output c = if b then 1 else 2
  output d = [e for e in a.entries if e.name]
}
// ==== durations, dates and times
plan "p" {
  input day: date = "2026-05-01"
  input other: date = "2026-02-30"
  input at: datetime = "2026-05-01T09:30:00Z"
  input blob: bytes = "aGk="
  step a = fs.read(path: "a") {
    timeout 1d
  }
  let pause = 90m
  output b = day + 1
  output c = 1d + day
  output d = day - at
  output e = pause * pause
  output f = pause + 30
  output g = at < day
  output h = day == "2026-05-01" and day < "2026-06-01" and pause < "PT1H"
  output i = day == "1 May 2026"
  output j = day == "x".parse_duration()
  output k = "${blob}"
  output l = blob < blob
  output m = "2026-05-01".year()
  output n = if true then day else "2026-05-01"
  output o = (day ?? "2026-05-01").year()
  output p = -day
  output q = 3660001d
  output r = day.at("9:30")
  output s = day.at("09:30:00", 90m).in_offset("PT2H")
}
// ==== arithmetic with times that never has a result
plan "p" {
  step a = fs.read(path: "a")
  let day = "9999-12-31".parse_date()
  output b = 3660000d + 1d
  output c = 1d * 9223372036854775807
  output e = if day == null then day else day + 1d
  output f = if day == null then day else day + 1h
  output g = 1h / 0s
}
// ==== comparisons that are settled
plan "p" {
  step a = fs.read(path: "a")
  output b = a.text == 1
  output c = a.text != 1
  output d = a.bytes == null
  output e = a.bytes != null
  output f = a.text in [1, 2]
  output g = a.text in []
  output h = [1] == ["a"]
}
// ==== lists and indices
plan "p" {
  step a = fs.list()
  output b = a.entries.name
  output c = a.entries["name"]
  output d = a["path"]
  output e = a.path[0]
  output f = [c for c in a.path]
  output g = [c for c in a]
  output h = [1, 2][5]
  output i = [1, 2][-1]
}
// ==== the order of comprehensions
plan "p" {
  step a = fs.list()
  input scores: [float?]
  let known = [s for s in scores if s != null by s]
  output b = [e.path for e in a.entries by e desc]
  output c = [s for s in scores by s]
  output d = [e.path for e in a.entries by e.sise, e.path.length() > 3, e.path]
  output f = [x for x in [1, "a"] by x]
  output g = [x for x in ["{}".parse_json()] by x]
  output h = [x for x in known by -x, known.length() desc]
}
// ==== strings
plan "p" {
  step a = fs.list()
  output b = "${a.entries}"
  output c = "${a}"
  output d = "${null}"
  output e = "${a.path} ${1} ${true}"
}

// ==== outside text that decides
plan "p" {
  critical {
    contact "web.example"
    create  "out/**"
    modify  "a"
    delete  "old/**"
    run     "make"
  }
  step page = http.get(url: "https://web.example/")
  let title = page.body.lines().first("empty")
  step a = fs.write(path: "out/${title}", text: page.body)
  step b = fs.edit(path: "a", edits: [{ find: "x", replace: page.body }, { find: title, replace: "y" }])
  step c = fs.delete(path: "old", recursive: page.status == 200)
  step d = fs.write(path: if page.status == 200 then "out/ok" else "out/bad", text: "x")
  step e = fs.write(path: "out/e", text: "x", executable: if page.status == 200 then true else false)
  step f = process.run(argv: ["make"], stdin: page.body)
}
// ==== outside text that decides whether, and how often
plan "p" {
  critical {
    contact "web.example"
    create  "out/**"
    run     "make"
  }
  input names: [string]
  step page = http.get(url: "https://web.example/")
  step a = fs.write(path: "out/a", text: "x") {
    when page.body.contains("go")
  }
  when page.status == 200 {
    step b = fs.write(path: "out/b", text: "x")
    step c = fs.write(path: "out/c", text: "x")
  }
  each many = line in page.body.lines() {
    step d = fs.write(path: "out/d", text: line)
  }
  each chosen = name in [name for name in names if page.body.contains(name)] {
    step f = fs.write(path: "out/${name}", text: "x")
  }
  step h = process.run(argv: ["make", "b"]) {
    expect h.stdout.contains("ok")
    on failure undo
  }
  each reading = line in page.body.lines() {
    step k = fs.search(pattern: line)
  }
  output found = reading
}
// ==== what was written is read
plan "p" {
  critical {
    contact "web.example"
    create  "out/**"
  }
  step page = http.get(url: "https://web.example/")
  step saved = fs.write(path: "out/page", text: page.body)
  step again = fs.read(path: "out/page")
  step other = fs.read(path: "out/other")
  step all = fs.glob(pattern: "out/*")
  step a = fs.write(path: "out/${again.text.trim()}", text: "x")
  step b = fs.write(path: "out/${other.text.trim()}", text: "x")
  step c = fs.write(path: "out/${all.paths.length()}", text: "x")
}
// ==== who is missing
plan "p" {
  critical {
    contact "web.example"
    create  "out/**"
  }
  step page = http.get(url: "https://web.example/") {
    on failure continue
  }
  step a = fs.write(path: "out/a", text: "x") {
    when page == null
  }
}
// ==== secrets that leave
plan "p" {
  critical {
    contact "web.example"
    create  "out/**"
    run     "login"
  }
  input token: string secret
  let header = "Bearer ${token}"
  step a = fs.write(path: "out/a", text: token)
  step b = http.get(url: "https://web.example/", headers: [{ name: "authorization", value: header }])
  step c = process.run(argv: ["login"], env: [{ name: "TOKEN", value: token }])
  step d = http.get(url: "https://web.example/") {
    when token.length() > 3
  }
  step e = fs.write(path: "out/e", text: c.stdout)
  let open = reveal(token, "to the server that issued it")
  step f = http.get(url: "https://web.example/", headers: [{ name: "authorization", value: open }])
  output header = header
}
// ==== releases of nothing, and of what nobody can see
plan "p" {
  critical {
    create "out/*"
    run    "login"
  }
  input token: string secret
  input name: string
  let a = endorse(name, "known")
  let b = reveal(name, "known")
  step c = process.run(argv: ["login"], stdin: token)
  let d = endorse(c.stdout, "the account")
  step e = fs.write(path: "out/${a}", text: b)
  output d = d
}
// ==== outside text in critical
plan "p" {
  critical {
    contact "web.example"
    create  page.body.trim()
    create  "out/*"
  }
  step page = http.get(url: "https://web.example/")
  step a = fs.write(path: "out/a", text: page.body)
}
// ==== outside text that says what a check looks at
plan "p" {
  critical {
    contact "web.example"
  }
  step page = http.get(url: "https://web.example/")
  verify "in a list" {
    [fs.read(path: p).text for p in page.body.lines()].is_empty()
  }
  verify "in a condition" {
    ["x" for p in [q.trim() for q in page.body.lines()] if fs.read(path: p).bytes > 0].is_empty()
  }
  verify "what a call gives" {
    [fs.read(path: p).text for p in fs.read(path: "list").text.lines()].is_empty()
  }
}

// ==== effects that no line covers
plan "p" {
  step a = fs.write(path: "out/a.txt", text: "x")
  step b = fs.write(path: "out/a.txt", text: "y")
  step c = fs.edit(path: "src/lib.rs", edits: [{ find: "a", replace: "b" }])
  step d = fs.delete(path: "old")
  step e = fs.move(from: "one", to: "two")
  step f = process.run(argv: ["git", "push", "origin"])
  step g = http.get(url: "https://example.com/a")
  step h = fs.write(path: "app/[id]/page.ts", text: "x")
  step i = process.run(argv: ["my tool"])
  step j = fs.write(path: "say \"hi\"", text: "x")
}
// ==== what is known only at run time
plan "p" {
  critical {
    run "cat"
  }
  step a = process.run(argv: ["cat", "names"])
  let name = endorse(a.stdout.trim(), "the owner of the list")
  step b = fs.write(path: name, text: "x")
  step c = process.run(argv: [name])
  step d = http.get(url: name)
  step e = http.get(url: "https://good.example\\@evil.example/")
}
// ==== lines that nothing can use
plan "p" {
  critical {
    read "a"
    create "b" "for nothing"
    run "cargo test"
    contact "example.com"
  }
  step a = fs.read(path: "a")
}
// ==== lines that mean nothing
plan "p" {
  critical {
    write "a"
    touch "b"
    create "../a"
    create "src/[a"
    run ""
  }
  step a = fs.write(path: "a", text: "x")
}
// ==== what no plan may touch
plan "p" {
  critical {
    create "planc.toml"
  }
  step a = fs.write(path: "planc.toml", text: "x")
  step b = fs.read(path: "sub/.planc/journal")
  step c = fs.glob(pattern: ".planc/**")
}
// ==== checks only read
plan "p" {
  critical {
    run "true"
  }
  assume "it builds" {
    process.run(argv: ["true"]).exit_code == 0
  }
  step a = fs.read(path: "a")
  verify "it still builds" {
    process.run(argv: ["true"]).exit_code == 0
  }
}
// ==== a folder that was meant with all beneath it
plan "p" {
  input name: string
  critical {
    create "out"
  }
  step a = fs.write(path: "out/${name}.txt", text: "x")
}
// ==== what begins in a folder that no line reaches
plan "p" {
  input name: string
  critical {
    create "log/a.txt"
    create "res/*/a.txt"
    modify "data/**"
  }
  let late = "new/${name}/b.txt"
  step a = fs.write(path: "log/${name}.txt", text: "x")
  step b = fs.write(path: "res/${name}", text: "x")
  step c = fs.write(path: "data/a-${name}", text: "x")
  step d = fs.write(path: late, text: "x")
  step e = fs.write(path: name, text: "x")
}
// ==== texts of a list that would have to be globs
plan "p" {
  let others = ["data/*.csv"]
  critical {
    modify ["*.js", "*.md"] "one line at the head"
    modify others
    contact ["*.example.com"]
    delete ["[id].js"]
  }
  step a = fs.edit(path: "a.md", edits: [{ find: "a", replace: "b" }])
  step b = fs.edit(path: "data/a.csv", edits: [{ find: "a", replace: "b" }])
  step c = http.get(url: "https://www.example.com/")
  step d = fs.delete(path: "[id].js")
  step e = fs.delete(path: "i.js")
}
// ==== a list of globs that nothing can use
plan "p" {
  critical {
    modify ["*.js", "*.md"]
    delete ["a", "b"]
  }
  step a = fs.read(path: "a")
}
// ==== programs with options before what they do
plan "p" {
  step a = process.run(argv: ["git", "-c", "user.name=A", "commit", "-m", "x"])
  step b = process.run(argv: ["git", "--git-dir=a", "push", "origin"])
  step c = process.run(argv: ["cargo", "--locked", "test", "--all"])
  step d = process.run(argv: ["python3", "-m", "pytest", "tests", "-q"])
  step e = process.run(argv: ["sh", "-c", "echo a"])
  step f = process.run(argv: ["node", "--version"])
  step g = process.run(argv: ["cargo", "test", "--all"])
}
// ==== a program without words
plan "p" {
  let words = []
  critical {
    run "cargo"
  }
  step a = process.run(argv: [])
  step b = process.run(argv: words)
}

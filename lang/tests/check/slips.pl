// ==== words of a program one by one
plan "p" {
  critical {
    run "cargo"
    run "git"
  }
  step a = process.run("cargo", "test")
  step b = process.run("git", ["status", "-s"])
  step c = process.run("cargo test", "src")
  step d = process.run("cargo", 5)
  step e = process.run("cargo", "test", directory: "a")
}
// ==== strings with a letter before them
plan "p" {
  input n: float
  input a: { text: string, bytes: int }
  output b = f"{n:.2f}"
  output c = f'{a.text} and {a.bytes}'
  output d = f"{{n}}"
  output e = f"{a.bytes + 1:.1f} of {a.bytes // 2}"
  output f = f"{a.bytes + 1:.1f} and {n!r}"
  output g = f"{a.bytes + 1:.1f}\n{n}"
  output h = f'it\'s "{a.text}"'
  output i = b"a"
  output j = R"\d"
  output k = r'\d "x"'
  output l = f"${n}"
  output m = f"""
    {a.text}
    """
  step s = fs.read(path: f'{a.text}')
}
// ==== strings in single quotes
plan "p" {
  input n: string
  output a = ['it''s', 'a\'b', '', 'say "x"']
  output b = '${n}'
  output c = '''
    text
    '''
  output d = ['a', 'b']
  step s = fs.read(path: 'a')
}
// ==== a division that is a comment
plan "p" {
  input n: int
  input size: int
  let half = n // 2
  let parts = (n + 1) // size
  let none = n // of all
  output a = half + parts + none
  step s = fs.read(
    path: "a",
    max_bytes: n // 1024
  )
}
// ==== defaults in the manner of other languages
plan "p" {
  input name: string? = null
  input flag: bool
  step a = fs.read(path: "a") {
    when flag
  }
  output b = a?.text || "x"
  output c = a?.text or "x"
  output d = name or name
  output e = flag || flag
  output f = "${name || "none"}"
  output g = a?.text || "${flag}"
  output h = a?.bytes || 0
}
// ==== a step that is a value of a call
plan "p" {
  step m = fs.read(path: "a.txt").text
  step n = fs.read(path: "b.txt").text.lines()
  step o = fs.read(path: "b.txt").text {
    timeout 5s
  }
  output p = "${m}${n.length()}${o}"
}
// ==== a block for each without its name
plan "p" {
  input names: [string]
  each n in names {
    step a = fs.read(path: n)
    result = a.text
  }
  output t = n_results
}
// ==== edits without their list
plan "p" {
  critical {
    modify "a"
  }
  step a = fs.edit(path: "a", find: "x", replace: "y")
  step b = fs.edit(path: "a", edits: [{ old: "x", new: "y" }])
  step c = fs.edit("a", "x", "y")
  step d = fs.edit(path: "a", old_string: "x", new_string: "y")
  step e = fs.edit(file: "a", edits: [{ find: "x", replace: "y" }])
}
// ==== secrets in the wrong place
plan "p" {
  input a: { user: string, password: string secret }
  input b: secret string
  secret input c: string
  input d: secret
  input e: string @secret
  input secret f: string
  input g: secret [string]
  step s = fs.read(path: "a")
}
// ==== an index of what may be null
plan "p" {
  step a = fs.read(path: "a")
  output x = a.text.capture(r"(a)")?[0]
  output y = a.text.capture(r"(a)")?[1]
  output z = a.text.lines()?[-1]
}
// ==== a number with its decimals
plan "p" {
  input amount: float
  output a = "${amount:.2f} and ${amount + 1.0:.1f}"
  output b = c
  step s = fs.read(path: "a")
}
// ==== clauses among arguments, and on one line
plan "p" {
  input flag: bool
  critical {
    run "ls"
  }
  step a = process.run(argv: ["ls"], timeout: 5m)
  step b = process.run(argv: ["ls"]) { when flag, timeout 3s }
  step c = process.run(argv: ["ls"]) { after a, b, timeout 3s }
  step d = process.run(argv: ["ls"]) { on failure continue, timeout 3s }
}
// ==== braces for parentheses
plan "p" {
  critical {
    create "b"
  }
  step a = fs.read { path: "a.txt" }
  step b = fs.read({ path: "a.txt" })
  step c = fs.write {
    path: "b"
    text: a.text
  }
  output o = "${b.text}${c.bytes}"
}
// ==== a step without its name
plan "p" {
  step fs.read(path: "a")
}
// ==== a call that is no step
plan "p" {
  let m = fs.read(path: "a").text
  output o = m
}
// ==== a block of inputs
plan "p" {
  inputs {
    name: string
    other: int = 3
  }
  step a = fs.read(path: name, max_bytes: other)
}
// ==== methods of what nothing is known of
plan "p" {
  step f = fs.read(path: "a")
  let d = f.text.parse_json()
  output a = d.items.length()
  output b = d.items.sum()
  output c = (d.items as ([any])).sum()
  output e = "${d.items as ([any])}"
  output g = [x for x in (d.items as ([any])) by x.price]
  output h = d.name.upper()
  output i = d.name.nothing()
  output j = "${[1, 2]}"
}
// ==== verbs that are none
plan "p" {
  critical {
    write "out/*.md" "the report"
    edit "a"
  }
  step a = fs.write(path: "out/a.md", text: "")
}
// ==== what comes from outside, taken back
plan "p" {
  critical {
    run "deploy"
    create "a"
  }
  step deploy = process.run(argv: ["deploy"])
  step a = fs.write(path: "a", text: deploy.stdout) {
    on failure undo
  }
}
// ==== a secret with a default
plan "p" {
  input token: string secret = "x"
  critical {
    run "ls"
  }
  step a = process.run(argv: ["ls"], stdin: token)
}
// ==== texts with places for values
plan "p" {
  step a = fs.read(path: "a")
  let b = "{} and {}".format(a.text, 2)
  let c = "{1} of {0:.2f}, {{x}}".format(2.5, a.text)
  let d = "{} {}".format(a.text)
  let e = "%s, 100%%" % a.text
  let f = "%s: %d" % [a.text, a.bytes]
  let g = "%d" % a.bytes
  let h = "%5s" % a.text
  let i = ", ".join(a.text.lines())
  let j = ", ".join([l for l in a.text.lines() if l != ""])
  let k = ", ".join(a.text)
  output all = [b, c, d, e, f, g, h, i, j, k]
}

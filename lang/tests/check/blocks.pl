// ==== all blocks, well used
plan "p" {
  input flag: bool = true
  critical {
    create "out/*.txt"
    modify "log.txt"
    run "cargo test"
  }
  step files = fs.glob(pattern: "src/*.txt")
  each copies = file in files.paths {
    step text = fs.read(path: file)
    let upper = text.text.upper()
    when upper != "" {
      step out = fs.write(path: "out/${file.name()}", text: upper)
      step check = fs.stat(path: out.path)
    }
    result { file: file, bytes: out?.bytes ?? 0 }
  }
  let total = [c.bytes for c in copies].sum()
  when flag and total > 10 {
    step log = fs.write(path: "log.txt", text: "${total}")
    step again = fs.read(path: log.path)
    each lines = line in again.text.lines() {
      step seen = fs.search(pattern: "${line.trim()}")
    }
    let first = log.path
    step last = fs.read(path: first)
  }
  gate "Go on?" show total, copies, files.paths
  together {
    step a = fs.read(path: "a")
    step b = fs.read(path: "b")
    step run = process.run(argv: ["cargo", "test"])
    step run2 = process.run(argv: ["cargo", "test"])
  }
  step wait = fs.stat(path: "x") {
    poll every 1s for 1m until wait.kind == "file"
    after copies
  }
  output n = total
  output t = again?.text
  output l = (lines ?? []).length()
}
// ==== names of a block outside of it
plan "p" {
  step files = fs.glob(pattern: "src/*.txt")
  each texts = file in files.paths {
    step text = fs.read(path: file)
    let short = text.text.trim()
    result short
  }
  let one = text.text
  let two = short
  let three = file
  step a = fs.read(path: "a") {
    after text
  }
  step b = fs.read(path: one)
  step c = fs.read(path: two)
  step d = fs.read(path: three)
  step e = fs.read(path: text.text)
  step f = fs.read(path: texts)
}
// ==== results of a group outside of it
plan "p" {
  input flag: bool
  when flag {
    step a = fs.read(path: "a")
    let inner = a.text
    step b = fs.read(path: a.text)
  }
  step c = fs.read(path: a.text)
  step d = fs.read(path: inner)
  step e = fs.read(path: a?.text ?? "x")
  when a != null {
    step f = fs.read(path: a.text)
  }
}
// ==== conditions of groups
plan "p" {
  step a = fs.read(path: "a")
  when a.text {
    step b = fs.read(path: "b")
  }
  when later.text == "" {
    step later = fs.read(path: "c")
  }
  when b.text == "" {
    step d = fs.read(path: "d")
  }
}
// ==== what each goes over
plan "p" {
  input maybe: [string]?
  step a = fs.read(path: "a")
  each x = e in a.text {
    step b = fs.read(path: e)
  }
  each y = e in maybe {
    step c = fs.read(path: e)
  }
  each z = e in maybe ?? [] {
    step d = fs.read(path: e)
  }
  each w = a in ["x"] {
    step f = fs.read(path: a)
  }
}
// ==== blocks that use themselves or what runs later
plan "p" {
  each x = e in x {
    step a = fs.read(path: e)
    result a.text
  }
  each y = e in ["a"] {
    step b = fs.read(path: y[0].path)
    result { path: e }
  }
  each z = e in [later.text] {
    step c = fs.read(path: e)
  }
  step early = fs.read(path: q[0].c2.text)
  each q = e in ["b"] {
    step c2 = fs.read(path: e)
  }
  step later = fs.read(path: "d") {
    after r
  }
  each r = e in ["b"] {
    step c3 = fs.read(path: e)
  }
}
// ==== empty blocks
plan "p" {
  when true {
    let a = 1
  }
  together {
  }
  each x = e in [1] {
    result e
  }
}
// ==== steps together that conflict
plan "p" {
  critical {
    create "a"
    create "b"
    run "make"
  }
  together {
    step a = fs.write(path: "a", text: "1")
    step b = fs.read(path: "a")
  }
}
// ==== steps together that wait for each other
plan "p" {
  critical {
    create "a"
    create "b"
    run "make"
  }
  together {
    step c = fs.write(path: "a", text: "1")
    step d = fs.write(path: "b", text: c.path)
    step e = fs.read(path: "a") {
      after d
    }
  }
  together {
    step f = fs.write(path: "a", text: "1")
    step g = process.run(argv: ["make"])
  }
}
// ==== polls
plan "p" {
  critical {
    create "a"
  }
  step a = fs.write(path: "a", text: "1") {
    poll every 1s for 1m until a.bytes == 1
  }
  step b = fs.stat(path: "a") {
    poll every 2m for 1m until b.kind
  }
  step c = fs.stat(path: "a") {
    poll every 1s for 1m until d.kind == "file"
    poll every 1s for 1m until true
  }
  step d = fs.stat(path: "a")
}
// ==== gates
plan "p" {
  step a = fs.stat(path: "a")
  gate "ok?" show a.kind, a.kind, a.kind == "file", nothing
  gate "sure"
}
// ==== too many steps together
plan "p" {
  together {
    step s0 = fs.read(path: "notes/0.md")
    step s1 = fs.read(path: "notes/1.md")
    step s2 = fs.read(path: "notes/2.md")
    step s3 = fs.read(path: "notes/3.md")
    step s4 = fs.read(path: "notes/4.md")
    step s5 = fs.read(path: "notes/5.md")
    step s6 = fs.read(path: "notes/6.md")
    step s7 = fs.read(path: "notes/7.md")
    step s8 = fs.read(path: "notes/8.md")
    step s9 = fs.read(path: "notes/9.md")
    step s10 = fs.read(path: "notes/10.md")
    step s11 = fs.read(path: "notes/11.md")
    step s12 = fs.read(path: "notes/12.md")
    step s13 = fs.read(path: "notes/13.md")
    step s14 = fs.read(path: "notes/14.md")
    step s15 = fs.read(path: "notes/15.md")
    step s16 = fs.read(path: "notes/16.md")
    step s17 = fs.read(path: "notes/17.md")
    step s18 = fs.read(path: "notes/18.md")
    step s19 = fs.read(path: "notes/19.md")
    step s20 = fs.read(path: "notes/20.md")
    step s21 = fs.read(path: "notes/21.md")
    step s22 = fs.read(path: "notes/22.md")
    step s23 = fs.read(path: "notes/23.md")
    step s24 = fs.read(path: "notes/24.md")
    step s25 = fs.read(path: "notes/25.md")
    step s26 = fs.read(path: "notes/26.md")
    step s27 = fs.read(path: "notes/27.md")
    step s28 = fs.read(path: "notes/28.md")
    step s29 = fs.read(path: "notes/29.md")
    step s30 = fs.read(path: "notes/30.md")
    step s31 = fs.read(path: "notes/31.md")
    step s32 = fs.read(path: "notes/32.md")
  }
}
// ==== a block without steps at the end, in a group
plan "p" {
  step a = fs.read(path: "a")
  when a.text != "" {
    each r = c in [1] {
    }
  }
}

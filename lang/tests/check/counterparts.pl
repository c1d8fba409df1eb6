// ==== lines of critical in other forms
plan "p" {
  critical {
    create "a",
    modify "a"
  }
  step w = fs.write(path: "a", text: "x")
}
// ==== several lines of critical on one
plan "p" {
  critical { create "a" "why", modify "a" }
  step w = fs.write(path: "a", text: "x")
}
// ==== reasons with a sign or a word before them
plan "p" {
  critical {
    create "a": "why"
    modify "a" because "why"
    delete "b" - "why"
    run "c" for "why"
  }
  step w = fs.write(path: "a", text: "x")
}
// ==== lines of critical as calls
plan "p" {
  critical {
    create("a")
    modify("a", "why")
  }
  step w = fs.write(path: "a", text: "x")
}
// ==== lines that cover something else
plan "p" {
  critical {
    contact "localhost"
    run "git log --all" "the log"
    create "out" "all of it"
    modify "out"
    modify "old.txt"
    delete "other.txt"
  }
  step page = http.get(url: "http://localhost:8080/")
  step move = fs.move(from: "old.txt", to: "new.txt")
  step write = fs.write(path: "out/a.txt", text: "x")
}
// ==== a program that is narrower
plan "p" {
  critical {
    run "git log --all" "the log"
  }
  step log = process.run(argv: ["git", "log"])
}
// ==== addresses and globs where hosts and words are wanted
plan "p" {
  critical {
    contact "https://a.example:8443/x?y"
    contact "https://a b/"
    run "git *"
    run "*"
    create "out/"
    create "./new.txt"
    modify "src\\a.txt"
    delete "../b"
    delete "/tmp/b"
    read "~/c"
  }
  step a = fs.read(path: "./a//b/../c")
  step b = fs.read(path: "/etc/hosts")
  step c = fs.read(path: "https://a.example/x")
  step d = fs.glob(pattern: "./src/**")
  let folder = "out/"
  step e = fs.list(path: folder)
}
// ==== a line twice
plan "p" {
  critical {
    modify "a" "one"
    modify "*" "all"
    modify "a" "two"
  }
  step w = fs.append(path: "a", text: "x")
}
// ==== releases in other forms
plan "p" {
  critical {
    contact "a.example"
    run "git"
    create "a"
  }
  step page = http.get(url: "https://a.example/")
  step a = process.run(argv: ["git", "log", endorse(page.body, "the tag")])
  let b = endorse(page.body, "the tag").trim()
  let c = page.body.endorse("the tag")
  let d = endorse(value: page.body, reason: "the tag")
  let e = endorse(page.body, "the tag ${page.status}")
  let f = page.body.endorse()
  step g = process.run(argv: ["git", "log", b, c, d, e, f])
}
// ==== what outside text would decide
plan "p" {
  critical {
    contact "a.example"
    create "a"
    modify "a"
  }
  input token: string secret
  step page = http.get(url: "https://a.example/") {
    expect page.status == 200
    on failure undo
  }
  step a = fs.write(path: "a", text: "x", executable: if page.status == 200 then true else false)
  step b = http.get(url: "https://a.example/?${token}")
  step c = fs.write(path: "a", text: token)
}
// ==== the result of a step by another name
plan "p" {
  step a = fs.read(path: "a") {
    expect result.bytes > 0 and bytes < 9 and self.text != ""
  }
  step b = fs.stat(path: "b") {
    poll every 1s for 9s until it.kind == "file"
  }
}
// ==== names of a shell
plan "p" {
  critical {
    run "sh"
    run "bash"
  }
  step a = process.run(argv: ["sh", "-c", "echo ${HOME} ${x}"])
  step b = process.run(
    argv: [
      "bash",
      "-c",
      """
        for f in *; do echo ${f}; done
        """,
    ],
  )
  step c = process.run(argv: ["sh", "${HOME}"])
}
// ==== another case
plan "p" {
  input f: bool
  input g: bool
  when f {
    step a = fs.read(path: "a")
  } else if g {
    step b = fs.read(path: "b")
  } else {
    step c = fs.read(path: "c")
  }
  output d = if f then 1 elif g then 2 else 3
}
// ==== words of other languages in comprehensions
plan "p" {
  input names: [string]
  output a = [n for n in names where n != ""]
  output b = [n for n in names if n != "" order by n desc]
}
// ==== numbers with units
plan "p" {
  input day: date
  output a = day + 14 days
  output b = day + 2 weeks
  output c = 1.5h
  output d = 0.333h
  step e = fs.read(path: "a", max_bytes: 1MB) {
    timeout 2.5m
  }
  output f = 2.5 mg
  output g = 2 ** 3
}
// ==== an input that may be left out
plan "p" {
  input a?: string = "a"
  input b?: [string]
  output c = "${a}${b ?? []}"
}
// ==== dashes for a comment
plan "p" {
  -- what follows is read
  step a = fs.read(path: "a")
  parallel {
    step b = fs.read(path: "b")
    step c = fs.read(path: "c")
  }
}
// ==== comments that divide nothing
plan "p" {
  input a: { text: string, bytes: int }
  input q: int
  let n = [1, 2]  // n
  let m = a.text  // a
  let k = a.bytes // q
  output b = [k, a.bytes]  // k
  output c = "${m}${n.length()}"
}
// ==== items without a plan
step a = fs.read(path: "a") {
  timeout 3s
}
let b = a.text
output c = b

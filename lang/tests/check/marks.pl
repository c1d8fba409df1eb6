// ==== marks that contradict each other or say nothing
catalogue mail {
  type Address = { data exact name: string, trusted stored secret secret host: string }

  tool send(trusted to: Address, data data body: string, exact stored subject: string) -> exact { stored id: string, exact at: int } {
    contacts subject
  }
  tool list(of: [{ exact folder: string, trusted data name: string }]?) -> trusted data secret [{ data title: string }] {
    reads "mail:all"
  }
}
// ==== a secret input has no default
plan "p" {
  critical {
    run "login"
  }
  input token: string secret = "abc"
  step a = process.run(argv: ["login"], stdin: token)
}
// ==== releases
plan "p" {
  critical {
    run "date"
    create "**"
  }
  input token: string secret
  step now = process.run(argv: ["date"])
  let a = endorse(now.stdout)
  let b = endorse(now.stdout, "it is ${now.stdout}")
  let c = endorse(now.stdout, " ")
  let d = endorse(value: now.stdout, reason: "because")
  let e = endorse()
  let f = "x${endorse(now.stdout, "why")}"
  let g = (endorse(now.stdout, "why"))
  step s = fs.write(path: reveal(token, "why"), text: "${a}${b}${c}${d}${f}${g}")
  output h = reveal(nothing, "why")
}

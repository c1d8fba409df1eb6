// ==== conversions
plan "p" {
  type Bill = { amount: float, iban: string }
  step a = fs.read(path: "a.json")
  let data = a.text.parse_json()
  let bill = data as Bill
  let list = data.items as ([Bill])
  step b = fs.read(path: data.path as path)
  output total = bill.amount + list[0].amount
  output next = data.count as int + 1
  output negative = -data.count as int
  output text = "${data.name as string}"
  output is_large = data.count as int > 3 and data.flag as bool
  output wrong = a.text as int
  output same = a.text as string
  output never = bill as { iban: int }
  output unknown = data as Bil
  output parsed = a.text as ([string])
  output shown = a.bytes as string
  output null_or = data as (Bill?)
  output missing = (data as (Bill?)).iban
  output chained = (data as (map<any>))["a"] as int
  output none = null as Bill
  output literal = "a" as ("a" | "b")
  output other = "c" as ("a" | "b")
}
// ==== what stands behind `as`
plan "p" {
  step a = fs.read(path: "a.json")
  let data = a.text.parse_json()
  let b = data as [string]
  let c = data as int?
  let d = data as int(min: 1)
  let e = data as map<int>
  let f = data as { a: int }
  let g = data as
  let h = data as 3
  let i = data as string | int
  output x = [b, c, d, e, f, g, h, i]
}
// ==== a conversion that fails for every value that the text knows
plan "p" {
  step a = fs.read(path: "a")
  output x = "[1, \"a\"]".parse_json() as ([int])
  output y = ({ a: { b: 1 } }.get("a") as ({ b: string })).b
  output z = "{}".parse_json() as ({ a?: int })
}
// ==== elements of which nothing is known
plan "p" {
  type User = { name: string, tags: [any] }
  critical {
    run "echo"
  }
  step file = fs.read(path: "a.json")
  let json = file.text.parse_json()
  let user = json as User
  step a = process.run(argv: user.tags)
  step b = process.run(argv: json.tags)
  step c = process.run(argv: ["${x}" for x in user.tags])
  step d = process.run(argv: json.tags as ([string]))
  output n = json.a + 1
  output m = json.name.length()
}

// ==== defaults
plan "p" {
  input a: int = "x"
  input b: string = 1
  input c: path = "/abs"
  input d: [string] = ["a", 1]
  input e: { x: int } = { x: 1, y: 2 }
  input f: string = "a${b}"
  input g: int = 1 + 1
  input h: float = 1
  input i: int? = null
  input j: bool = null
  step s = process.run(argv: ["${a}", b, c, d.join(","), "${e.x}", f, "${g}${h}${i ?? 0}${j}"])
}
// ==== a plan has one title of each kind
plan "p" {
  rationale "a"
  rationale "b"
  step s = fs.read(path: "a")
}
plan "q" {
  step s = fs.read(path: "a")
}

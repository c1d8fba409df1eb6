// ==== bounds of numbers, texts and lists
plan "p" {
  input port: int(min: 1, max: 65535) = 0
  input ratio: float(min: 0, max: 1) = 1.5
  input name: string(pattern: r"^[a-z]+$", min: 2, max: 5) = "Name"
  input short: string(min: 2) = "a"
  input tags: [string(min: 1)](min: 1, max: 2) = ["a", ""]
  input none: [int](min: 1) = []
  input many: [int](max: 1)? = [1, 2]
  input right: int(min: -5, max: -1) = -3
  step s = fs.read(path: "${port}${ratio}${name}${short}${tags[0]}${none[0]}${many == null}${right}")
}
// ==== refinements that are none
plan "p" {
  input a: bool(min: 1)
  input b: int(minimum: 1)
  input c: int(1, 2)
  input d: int(min: 2, max: 1)
  input e: int(min: 1.5)
  input f: string(pattern: r"(", min: -1)
  input g: [int](pattern: "a")
  input h: int(min: 1, min: 2)
  input i: int(min: 1)(max: 2)
  input j: { a: int }(min: 1)
  input k: string(min: "a")
  input l: int(min: x)
  input m: int()
  step s = fs.read(path: "a")
}
// ==== a refined value is one of a wider type, and arithmetic gives the plain one
plan "p" {
  type Port = int(min: 1, max: 100)
  type Item = { port: int(min: 0) }
  input port: Port
  input low: int(max: 0)
  input names: [string](min: 1)
  input size: int
  let item = { port: port }
  step s = fs.read(path: names[0], max_bytes: port + 1)
  output a = port as (int(min: 0))
  output b = port as (int(min: 50))
  output c = port as (int(min: 101))
  output d = low == port
  output e = (port + 1) as Port
  output f = -port as Port
  output g = [name.upper() for name in names]
  output h = names.first("none").length()
  output i = names.sort()[0]
  output j = item as Item
  output k = (size as Port) + low
  output l = port == 200
  output m = port in [0, 101]
}

// ==== maps
plan "p" {
  input sizes: map<int>
  input nested: map<map<string>> = { a: { b: "c" } }
  input bad: map<int> = { a: 1, b: "2" }
  let literal: map<int> = { a: 1 }
  step s = process.run(argv: ["a", "${sizes["a"] ?? 0}"])
  output a = sizes["a"] + 1
  output b = if sizes["a"] != null then sizes["a"] + 1 else 0
  output c = sizes.a
  output d = sizes[0]
  output e = sizes.keys
  output f = [sizes.values().sum(), sizes.length()]
  output g = "a" in sizes
  output h = [key for key in sizes]
  output i = nested["a"]["b"]
  output j = if nested["a"] != null and nested["a"]["b"] != null then nested["a"]["b"].upper() else ""
  output k = sizes.len()
  output l = sizes.contains("a")
  output m = [e.key.upper() for e in sizes.entries() if e.value > 1]
  output n = "${sizes}${bad["a"] ?? 0}"
}
// ==== the name of a map without its type, and other types in angle brackets
plan "p" {
  input a: map
  input c: list<string>
  input d: Optional<int>
  input e: dict<int>
  type map = int
  step s = fs.read(path: "a")
}
// ==== a record is a map where its fields are of the type of the values
plan "p" {
  type Settings = { size: int, depth?: int }
  type Open = { size: int, ... }
  input settings: Settings
  input open: Open
  input sizes: map<int>
  step s = fs.read(path: "a")
  output a = [settings as (map<int?>), { size: 2 } as (map<int>)]
  output b = settings as (map<string>)
  output c = open as (map<any>)
  output d = sizes as Settings
  output e = sizes as Open
  output f = sizes as { name: string, ... }
}
// ==== open records
plan "p" {
  type Server = { name: string, port?: int, ... }
  input server: Server = { name: "a", region: "eu" }
  input closed: { name: string } = { name: "a", region: "eu" }
  input empty: { ... }
  step s = fs.read(path: server.name)
  output a = server.region
  output b = server.prot
  output c = [server.port ?? 80, server.get("region")]
  output d = empty.anything
  output e = server["region"]
  output f = server as { name: string }
  output g = server as ({ name: string, ... })
  output h = { name: "b", more: [1] } as Server
  output i = { nam: "b" } as Server
  output j = closed.name
}
// ==== fields whose names are none
plan "p" {
  type Header = { "content-type": string, "x y"?: int, size: int }
  input header: Header = { "content-type": "text/plain", "size": 1 }
  step s = fs.read(path: header["content-type"])
  output a = header["x y"] + 1
  output b = header["content_type"]
  output c = header[s.path]
  output d = { "a-b": 1, "a-b": 2 }
  output e = if header["x y"] != null then header["x y"] + 1 else header["size"]
}
// ==== recursive types
plan "p" {
  type Tree = { name: string, children: [Tree], parent?: Tree }
  type Json = null | bool | float | string | [Json] | map<Json>
  type Left = { right: Right? }
  type Right = { left: Left?, size: int }
  input tree: Tree = { name: "a", children: [{ name: "b", children: [] }] }
  input wrong: Tree = { name: "a", children: [{ name: "b", children: [{ name: 1, children: [] }] }] }
  input json: Json = { a: [1, null, { b: "c" }] }
  input left: Left
  step s = fs.read(path: tree.children[0].children[0].name)
  output a = [child.name.upper() for child in tree.children]
  output b = tree.children[0].nam
  output c = tree.parent.name
  output d = tree?.parent?.parent?.name ?? "none"
  output e = left.right?.left?.right?.size + 1
  output f = json["a"]
  output g = if json == null then 1 else 2
  output h = wrong.children.first("no child").children.first("no grandchild")
  output i = tree.children as ([{ name: string, ... }])
  output j = tree == tree.children[0]
}

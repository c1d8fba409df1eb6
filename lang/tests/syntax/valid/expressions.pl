// Every form of expression.
type Bill = { amount: float, iban?: string, tags: [string], state: "open" | "paid" | null }
plan "expressions" {
  let text = "plain"
  let escapes = "tab \t quote \" dollar \${ unicode \u{e9}"
  let greeting = "hello ${name.trim()}, ${"nested ${1 + 2}"} done"
  let block = """
    first ${text}
      second
    """
  let raw = r"C:\new"
  let raw_block = r"""
    a\b
    ${not}
    """
  let hashes = r#"say "hi""#
  let durations = [500ms, 30s, 5m, 2h, -3d + 1_000s]
  let numbers = [0, 1_000, 1.5, 2e9, -3, ]
  let logic = not a and b or c in d
  let math = 1 + 2 * 3 - 4 / 5 % 6
  let compare = a.b + 1 <= c[0].d
  let fallback = a?.b ?? c.first("none") ?? null
  let choice = if a == 1 then "one"
    else if a == 2 then "two"
    else "many"
  let chain = list
    .map("x")
    .filter("y")
    ?.z
  let long = aaaa
    + bbbb
    and cccc
  let heads = [h.name for h in hotels if h.free and h.price < 10]
  let best = [h for h in hotels if h.free by h.rating desc, h.price + 1, by]
  let record = { in: 1, for: [true, false], nested: { a: {} } }
  let paren = (a + b) * c
  let conversion = a.b as Bill
    as int
  let loose = not -a.b as int * 2 as (int?) == c as ([Bill](min: 1)) and d["x"] as null != null
  let quoted = { "content-type": 1, "plain": 2 }
  step one = fs.read(path: "a") {
    because "why"
    after zero, two
    when a.b == null
    timeout 500ms
    retry 3 every 2s
    expect one.text != ""
    undo fs.write(path: "a", text: "b")
    on failure continue
    reproduce
  }
}

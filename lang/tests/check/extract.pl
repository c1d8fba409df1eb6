// ==== a check asks no model
plan "x" {
  assume "a" {
    model.extract(from: "a", ask: "b", type: bool)
  }
  step a = fs.read(path: "a.txt")
}
// ==== the question is a constant
plan "x" {
  input q: string
  step a = fs.read(path: "a.txt")
  step b = model.extract(from: a.text, ask: q, type: string)
  step c = model.extract(from: a.text, ask: "x ${q}", type: string)
}
// ==== a type that is none
plan "x" {
  step a = fs.read(path: "a.txt")
  step b = model.extract(from: a.text, ask: "x", type: Missing)
  step c = model.extract(from: a.text, ask: "x", type: a.text)
  step d = model.extract(from: a.text, ask: "x", type: { amount: float, iban: string)
}
// ==== habits of other languages
plan "x" {
  step a = fs.read(path: "a.txt")
  step b = model.extract(text: a.text, prompt: "x", schema: { amount: float })
  step c = model.extract(from: a.text, ask: "x", typ: string?)
  step d = model.extract(a.text, ask: "x", type: string)
}
// ==== what is missing
plan "x" {
  step a = fs.read(path: "a.txt")
  step b = model.extract(from: a.text, ask: "x")
  output b = b
}
// ==== a model is asked once
plan "x" {
  step a = fs.read(path: "a.txt")
  step b = model.extract(from: a.text, ask: "x", type: int) {
    poll every 1s for 10s until b > 3
  }
}
// ==== what it gives is of the type
plan "x" {
  step a = fs.read(path: "a.txt")
  step b = model.extract(from: a.text, ask: "x", type: { amount: float })
  let wrong = b.iban
  let sum = b.amount + "1"
}
// ==== a name of one's own for the catalogue
plan "x" {
  step model = fs.read(path: "a.txt")
}

plan "Ten mistakes in calls" {
  //~ P0106
  step a = fs.read(path="a")
  //~ P0112
  step b = fs.write(path: "b" text: "b")
  //~ P0106
  step c fs.read(path: "c")
  //~ P0106
  step d = fs.read("path": "d")
  //~ P0106
  step e = await fs.read(path: "e")
  //~ P0101
  step f = fs.read(path: 'f')
  //~ P0202
  step g = fs.raed(path: "g")
  //~ P0209
  step h = fs.read("h")
  //~ P0206
  step i = fs.write(path: "i", text: fs.read(path: "j").text)
  //~ P0302
  step k = fs.write(path: "k", content: a.text)
  output all = [a.text, b.path, c.text, d.text, e.text, f.text, h.text, k.path]
}

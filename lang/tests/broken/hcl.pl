// one edit more
plan "Write the greeting" {
  input name = "world"
  critical { create "hello.txt" }
  step "greeting" = fs.write(path = "hello.txt", text = "Hello, ${name}\n")
  step look {
    fs.stat(path: "hello.txt")
  }
  output kind = look.kind
}

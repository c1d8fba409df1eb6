// ==== calls inside expressions
plan "p" {
  let read = 1
  step b = fs.write(path: "b", text: fs.read(path: "a").text)
  let c = fs.read(path: "c").text
  let d = [fs.read(path: e).text for e in ["e"]]
  output o = if read == 2 then fs.read(path: "o").text else c
  output p = d
}
// ==== strings joined with signs
plan "p" {
  input name: string
  step a = fs.read(path: "x/" + name + ".txt")
  output b = name + name
  output c = "a" + r"\d"
}
// ==== functions for methods
plan "p" {
  step a = fs.read(path: "a")
  output b = len(a.text)
  output c = upper(a.text + "")
  output d = split(a.text, ",")
  output e = range(3)
  output f = str(1)
}
// ==== shell lines
plan "p" {
  step a = process.run(argv: "cargo test")
  step b = process.run(cmd: "cargo test --all")
  step c = process.run(command: "cat a | wc -l")
  step d = process.run("make all")
  step e = shell.run("ls -l")
  step f = process.run(argv: "cat a | wc -l")
}
// ==== words for a shell
plan "p" {
  critical {
    run "**"
    run "sh"
    run "echo"
  }
  step a = process.run(argv: ["echo", "$HOME"])
  step b = process.run(argv: ["echo", "${HOME}"])
  step c = process.run(argv: ["ls -l"])
  step d = process.run(argv: ["ls", ">", "list.txt"])
  step e = process.run(argv: ["sh", "-c", "echo $HOME > list.txt"])
  step f = process.run(argv: ["awk", "{ print $1 }"])
}
// ==== braces without a dollar
plan "p" {
  input folder: string
  step a = fs.read(path: "{folder}/a")
  step b = fs.read(path: "{other}/${folder}")
  step c = fs.read(path: "{{folder}}")
}
// ==== arguments of other languages
plan "p" {
  critical {
    create "b"
  }
  step a = fs.write("b", "text")
  step c = read_file(file: "a")
  step d = fs.read(file_path: "a")
  step e = fs.write(path: "b", content: a.path.strip().toUpperCase())
}
// ==== a dollar without braces
plan "p" {
  input name: string
  step a = fs.read(path: "$name/a")
  step b = fs.read(path: "\$name/b")
  step c = fs.search(pattern: r"^$name", files: "$names/**")
}
// ==== a part of a list
plan "p" {
  input names: [string]
  step a = fs.read(path: "a")
  output x = names[0:2]
}

// Blocks of every kind.
plan "Blocks" {
  step files = fs.glob(pattern: "src/*.txt")

  each copies = file in files.paths {  // for each
    step text = fs.read(path: file)
    let upper = text.text.upper()
    when upper != "" and (file != "x") {
      // inside
      step out = fs.write(path: "out/${file.name()}", text: upper) {
        because "x"
      }
      when { a: 1 }.a == 1 {
        step inner = fs.read(path: out.path)
      }
    }
    together {
      step a = fs.read(path: "a")
      // between
      step b = fs.read(path: "b")
    }
    // before the result
    result { file: file, bytes: out?.bytes ?? 0 }  // behind the result
    // the end
  }

  when copies != [] {
    each rest = c in copies {
      step seen = fs.stat(path: c.file)
    }
    gate "Go on?" show copies, files.paths
  }

  gate "Sure?"

  step wait = fs.stat(path: "x") {
    poll every 30s for 20m until wait.kind == "file"
  }
}

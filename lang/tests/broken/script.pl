// Loops and branches, as in a script.
plan "Sort the notes" {
  critical { create "long.txt" }
  names = fs.glob(pattern: "notes/*.md")
  for (const name of names.paths) {
    note = fs.read(path: name);
  }
  if (names.paths.length > 3) {
    step long = fs.write(path: "long.txt", text: "many");
  } else if (names.paths.length === 1) {
    step one = fs.read(path: names.paths[0]);
  } else {
    step list = fs.list();
  }
  return name_results.length;
}

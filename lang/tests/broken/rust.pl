use planc;

plan "Count the lines" {
  let mut limit: int = 10;
  step notes = fs.read(path: "notes.txt");
  let long = notes.text.lines().filter(|line| line.length() > limit);
  let trimmed = long.map(|line| line.trim());
  output count = long.len();
  output lines = trimmed;
}

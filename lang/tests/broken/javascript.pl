plan("Sum up the notes") {
  const folder = 'notes';
  /* All of them. */
  critical { create "summary.txt" };
  step found = await fs.glob(pattern: `${folder}/*.md`);
  const names = found.paths.filter(p => p !== "draft.md").map(p => p.toUpperCase());
  const count = names.length > 0 && !(names.length === 1) ? "many" : "few";
  async step summary = fs.write(path: "summary.txt", text: "Found " + count + "\n");
  return summary.path;
}

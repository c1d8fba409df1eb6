# Test and list.
plan "Test the crate" {
  critical {
    run("cargo test")
    run "ls"
  }
  step tests = shell.run("cargo test --all")
  step list = process.run(cmd: "ls -l src");
  expect_ok = tests.exit_code == 0 && list.exit_code == 0
  output ok = expect_ok
}

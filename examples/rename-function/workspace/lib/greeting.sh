# Greetings. Source this file.

# greet NAME: a greeting on standard output.
greet() {
  if [ -z "$1" ]; then
    echo "greet: who?" >&2
    return 1
  fi
  echo "Hello, $1!"
}

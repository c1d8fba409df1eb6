#!/bin/sh
# Is the repository fit to be released? Its changelog must begin with its version.
version=$(cat VERSION)
newest=$(sed -n 's/^## //p' CHANGELOG.md | head -n 1)
if [ "$version" != "$newest" ]; then
  echo "VERSION says $version, CHANGELOG.md says $newest" >&2
  exit 1
fi
echo "$version is fit to be released"

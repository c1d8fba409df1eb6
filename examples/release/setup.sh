# Makes a repository of the workspace: a release, then three commits. Always the same ones, whoever runs it.
set -e
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com GIT_AUTHOR_DATE='2025-05-01T12:00:00Z'
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com GIT_COMMITTER_DATE='2025-05-01T12:00:00Z'

git init --quiet --initial-branch=main
git add .
git commit --quiet --message='release 1.3.0'
git tag v1.3.0
git commit --quiet --allow-empty --message='feature: count words as well as lines'
git commit --quiet --allow-empty --message='fix: an empty file has no lines'
git commit --quiet --allow-empty --message='Tidy the tests'

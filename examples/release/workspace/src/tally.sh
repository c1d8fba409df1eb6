# tally FILE: how often each line occurs.
sort "$1" | uniq -c | sort -rn

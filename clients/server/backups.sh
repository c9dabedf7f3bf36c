# The newest dump of the database and the newest archive of files in a folder; nothing is written. Argument: the folder.
# Prints a line for each: kind, age in seconds, bytes, "whole" or "broken"; then what is in it, a line each.
cd -- "$1" || exit 3
newest() { ls -tdL -- "$@" 2>/dev/null | head -n 1; }
open() { case $1 in *.gz | *.tgz) gzip -dc -- "$1" ;; *) cat -- "$1" ;; esac; }
tell() { echo "$1 $(($(date +%s) - $(stat -Lc %Y -- "$2"))) $(stat -Lc %s -- "$2") $3"; }
dump=$(newest *.sql *.sql.gz)
if [ -n "$dump" ]; then
    if open "$dump" 2>/dev/null | tail -n 10 | grep -qiE 'dump complete'; then how=whole; else how=broken; fi
    case $dump in *.gz) gzip -t -- "$dump" 2>/dev/null || how=broken ;; esac
    tell database "$dump" "$how"
    open "$dump" 2>/dev/null | grep -aoE '^CREATE TABLE [^ (]+' | grep -oE 'assignsubmission_s3v[a-z_]*'
fi
archive=$(newest *.tar.gz *.tgz)
if [ -n "$archive" ]; then
    if gzip -t -- "$archive" 2>/dev/null; then how=whole; else how=broken; fi
    tell files "$archive" "$how"
    open "$archive" 2>/dev/null | tar -tf - 2>/dev/null | grep -oE '(^|/)config\.php$' | head -n 1 | tr -d /
fi
exit 0

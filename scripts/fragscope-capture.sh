#!/bin/sh
# Writes a capture of this machine for fragscope, without Python: sudo sh fragscope-capture.sh FILE.tar.gz
# Needs root, Linux, dd, tar and gzip (or xz for FILE.tar.xz). The archive holds numbers and flags of
# pages, never their contents.
set -eu

die() {
    echo "fragscope-capture: $1" >&2
    exit 2
}

[ $# -eq 1 ] || die "one argument is needed: the archive to write, FILE.tar.gz or FILE.tar.xz"
out=$1
case $out in
    *.tar.xz) pack=xz ;;
    *.tar.gz | *.tgz) pack=gzip ;;
    *.tar) pack=cat ;;
    *) die "$out: a capture is named .tar.xz, .tar.gz or .tar" ;;
esac
command -v "$pack" >/dev/null 2>&1 || die "$pack is not installed: choose another ending of the name"
[ -d "$(dirname "$out")" ] || die "$(dirname "$out") is no folder"
for name in kpageflags kpagecount; do
    [ -e "/proc/$name" ] || die "/proc/$name does not exist: a kernel with CONFIG_PROC_PAGE_MONITOR is needed"
    dd if="/proc/$name" of=/dev/null bs=8 count=1 2>/dev/null ||
        die "/proc/$name cannot be read: root is needed (sudo sh $0 $out)"
done

# /dev/shm is memory, but nothing that waits for a disk disturbs what is being measured.
base=/tmp
[ -d /dev/shm ] && [ -w /dev/shm ] && base=/dev/shm
work=$(mktemp -d "$base/fragscope.XXXXXX") || die "no temporary folder in $base"
trap 'rm -rf "$work"; rm -f "$out.part"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/capture"

for name in buddyinfo pagetypeinfo zoneinfo vmstat meminfo; do
    cat "/proc/$name" >"$work/capture/$name" || die "/proc/$name cannot be read"
done
for name in kpageflags kpagecount; do
    echo "reading /proc/$name" >&2
    # Whole words only: reads must be multiples of 8 bytes. dd stops where the file ends.
    dd if="/proc/$name" of="$work/capture/$name" bs=1048576 2>/dev/null || die "/proc/$name: reading failed"
    [ -s "$work/capture/$name" ] || die "/proc/$name gave nothing"
done
echo "packing $out" >&2
(cd "$work" && tar -cf - capture) | "$pack" >"$out.part"
mv "$out.part" "$out"
echo "$out is written" >&2

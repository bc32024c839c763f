#!/bin/bash
# Maintainers: build.sh DIR makes the guest of scripts/lab/highalloc.py: Debian's 6.12 kernel, the module, the initramfs, an empty disk.
# On Debian 12 with backports-style kernels (linux-image-$KERNEL in apt); needs root for apt-get. About a minute.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kernel=${KERNEL:-6.12.107+deb12-amd64}
mkdir -p "$1"
cd "$1"
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q qemu-system-x86 qemu-utils e2fsprogs busybox-static cpio gcc "linux-headers-$kernel"
apt-get download "linux-image-$kernel"
dpkg -x "linux-image-${kernel}"_*.deb image
cp "image/boot/vmlinuz-$kernel" vmlinuz
mkdir -p module
cp "$here/guest/rowsmod.c" module/
echo 'obj-m := rowsmod.o' > module/Makefile
make -C "/lib/modules/$kernel/build" M="$PWD/module" modules
rm -rf root
mkdir -p root/bin root/proc root/sys root/dev root/tmp root/mnt root/mod
cp "$(command -v busybox)" root/bin/
for module in drivers/block/virtio_blk drivers/virtio/virtio_balloon lib/crc16 crypto/crc32c_generic fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4; do
    xz -dc "image/lib/modules/$kernel/kernel/$module.ko.xz" > "root/mod/$(basename "$module").ko"
done
strip --strip-debug -o root/mod/rowsmod.ko module/rowsmod.ko
gcc -O2 -Wall -static -o root/bin/rows "$here/guest/rows.c"
install -m 755 "$here/guest/init" root/init
(cd root && find . | cpio -o -H newc | gzip -1) > initramfs.gz
truncate -s 12G disk.raw
mkfs.ext4 -q -F -O ^has_journal,^metadata_csum disk.raw
qemu-img convert -O qcow2 disk.raw disk.qcow2
rm disk.raw

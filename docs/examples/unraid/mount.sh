#!/bin/bash
# For the plugin "User Scripts", at "First Start Array Only". Needs the plugins rclone and mergerfs (or its container).
# The mounts are below /mnt/user/…, never a share itself; the remote control listens on Docker's own bridge, which
# containers reach and the network does not. Letters and digits only: the password stands in a URL in mesharr.yml.
mkdir -p /mnt/user/mount_rclone/drive /mnt/user/mount_mergerfs/media /mnt/user/local/media
RCLONE_RC_USER=mesharr RCLONE_RC_PASS=change0me rclone mount drive:Media /mnt/user/mount_rclone/drive --daemon \
    --config /boot/config/plugins/rclone/.rclone.conf --cache-dir /mnt/user/appdata/rclone-cache \
    --allow-other --uid 99 --gid 100 --umask 000 \
    --dir-cache-time 1h --poll-interval 15s \
    --vfs-cache-mode full --vfs-cache-max-size 50G \
    --rc --rc-addr 172.17.0.1:5572
mergerfs \
    -o category.create=ff,func.getattr=newest,async_read=true,cache.files=partial,dropcacheonclose=true,minfreespace=0,allow_other,umask=000 \
    /mnt/user/local/media=RW:/mnt/user/mount_rclone/drive=NC /mnt/user/mount_mergerfs/media

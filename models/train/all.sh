#!/bin/sh
# Trains the shipped networks one after another, each going on from where it stood. usage: all.sh DATA
set -e
here=$(dirname "$0")
for name in shufflenetv2 shufflenetv1 mobilenetv1; do
  python3 "$here/train.py" "$here/settings/$name.json" "$1" --resume
done

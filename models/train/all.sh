#!/bin/sh
# Trains the networks that ship, one after another; each goes on from where it stood. usage: [PYTHON=python3] all.sh DATA
set -e
here=$(dirname "$0")
for name in shufflenetv2 shufflenetv1 mobilenetv1; do
  "${PYTHON:-python3}" "$here/train.py" "$here/settings/$name.json" "$1" --resume
done

"""Draws a run's log as an SVG of two panels: accuracy and loss by epoch.

    python3 models/train/plot.py build/train/NAME/log.tsv curves.svg
"""

import csv
import sys
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 460, 300, 46
COLOURS = ("#4269d0", "#efb118", "#ff725c")


def _panel(left, title, epochs, series, top):
    """One chart. `series` maps a name to its values, one for each epoch; the vertical axis is 0..top."""
    inner_width, inner_height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN

    def x(epoch):
        return left + MARGIN + inner_width * (epoch - epochs[0]) / max(1, epochs[-1] - epochs[0])

    def y(value):
        return HEIGHT - MARGIN - inner_height * value / top

    parts = [f'<text x="{left + MARGIN}" y="20" font-weight="bold">{title}</text>']
    for tick in range(6):
        value = top * tick / 5
        parts.append(f'<path d="M{x(epochs[0]):.1f} {y(value):.1f}H{x(epochs[-1]):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left + MARGIN - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    for epoch in (epochs[0], epochs[-1]):
        parts.append(f'<text x="{x(epoch):.1f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{epoch}</text>')
    for index, (name, values) in enumerate(series.items()):
        colour = COLOURS[index]
        points = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in zip(epochs, values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        place = left + MARGIN + index * 120
        parts.append(f'<text x="{place}" y="38" fill="{colour}">{name} {values[-1]:.3f}</text>')
    return "".join(parts)


def curves(log):
    """The SVG text of a log.tsv."""
    with open(log, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if not rows:
        raise ValueError(f"{log}: no epochs yet")
    epochs = [int(row["epoch"]) for row in rows]

    def column(name):
        return [float(row[name]) for row in rows]

    accuracy = {"train top-1": column("train_top1"), "top-1": column("val_top1"), "top-5": column("val_top5")}
    loss = {"train": column("train_loss"), "validation": column("val_loss")}
    highest = max(value for values in loss.values() for value in values)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        + _panel(0, "accuracy by epoch", epochs, accuracy, 1.0)
        + _panel(WIDTH, "loss by epoch", epochs, loss, highest)
        + "</svg>\n"
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: plot.py LOG.tsv OUT.svg")
    Path(sys.argv[2]).write_text(curves(sys.argv[1]))

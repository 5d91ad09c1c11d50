"""Charts of benchmarks, as SVG files. tests/bench/SUITE.charts, a block for each, with an empty line between:

    chart: NAME                the file is NAME.svg
    title: TEXT
    unit: TEXT
    scale: log                 (else from zero)
    rows: ROW...               one row: machines side by side, a bar for each cluster size and each other system;
                               several: rows side by side, a bar for each machine (the first cluster size) and for each other system

Bars of which there is no figure are left out."""

import html
import math
import os

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 360, 70, 20, 64, 44
COLOURS = ("#1f5f8b", "#6aa84f", "#e0a030", "#8e5ea2", "#c0504d", "#7f7f7f")
OTHERS = ("#555555", "#aaaaaa")


def write_all(path, folder, medians, others, machines, sizes):
    if not os.path.exists(path):
        return
    os.makedirs(folder, exist_ok=True)
    with open(path, encoding="utf-8") as f:
        blocks = f.read().split("\n\n")
    for block in blocks:
        fields = dict((part.strip() for part in line.split(":", 1)) for line in block.splitlines() if line and line[0] != "#")
        if not fields:
            continue
        groups = groups_of(fields["rows"].split(), medians, others, machines, sizes)
        if any(bars for _, bars in groups):
            with open(os.path.join(folder, fields["chart"] + ".svg"), "w", encoding="utf-8") as f:
                f.write(drawn(fields["title"], fields["unit"], fields.get("scale") == "log", groups))


def groups_of(rows, medians, others, machines, sizes):
    """Returns: [(name of the group, [(whose bar, figure), ...]), ...]."""
    if len(rows) == 1:
        ours, row = medians.get(rows[0], {}), rows[0]
        return [(arch, [(f"clusters of {size}", ours[arch, size]) for size in sizes if (arch, size) in ours] +
                 [(name, found[arch]) for name, found in of_others(row, others) if arch in found]) for arch in machines]
    return [(row, [(arch, medians[row][arch, sizes[0]]) for arch in machines if (arch, sizes[0]) in medians.get(row, {})] +
             [(name, max(found.values())) for name, found in of_others(row, others)]) for row in rows]


def of_others(row, others):
    return [((name.partition("@")[2] or "Linux").replace("_", " "), {arch: float(value) for arch, value in found.items()})
            for name, found in others.items() if name.partition("@")[0] == row]


def short(number):
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def marks(least, most, log):
    """Returns: the figures that get a line, from below the least to above the most."""
    if log:
        return [10.0 ** n for n in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)]
    step = 10.0 ** math.floor(math.log10(most))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if most / (step * part) <= 6)
    return [step * n for n in range(math.ceil(most / step) + 1)]


def drawn(title, unit, log, groups):
    figures = [value for _, bars in groups for _, value in bars]
    lines = marks(min((v for v in figures if v > 0), default=1), max(max(figures), 1e-9), log)
    names = list(dict.fromkeys(name for _, bars in groups for name, _ in bars))
    ours = [name for name in names if not name.startswith("Linux")]
    colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(ours)}
    colour |= {name: OTHERS[i % len(OTHERS)] for i, name in enumerate(n for n in names if n not in ours)}

    def height(value):
        bottom, top = (math.log10(lines[0]), math.log10(lines[-1])) if log else (0, lines[-1])
        at = math.log10(max(value, lines[0])) if log else value
        return (HEIGHT - TOP - BOTTOM) * (at - bottom) / ((top - bottom) or 1)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text(LEFT, 20, f"{title} ({unit})", size=15)]
    out += legend(names, colour)
    for line in lines:
        y = HEIGHT - BOTTOM - height(line)
        out += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>', text(LEFT - 6, y + 4, short(line), "end")]
    room = (WIDTH - LEFT - RIGHT) / len(groups)
    for i, (group, bars) in enumerate(groups):
        width = room * 0.86 / max(len(bars), 1)
        out.append(text(LEFT + room * (i + 0.5), HEIGHT - BOTTOM + 18, group, "middle"))
        for k, (name, value) in enumerate(bars):
            x, tall = LEFT + room * (i + 0.07) + width * k, height(value)
            out.append(f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - tall:.1f}" width="{width * 0.92:.1f}" height="{tall:.1f}" fill="{colour[name]}">'
                       f"<title>{html.escape(f'{group}, {name}: {value:,.6g}')}</title></rect>")
            out.append(text(x + width * 0.46, HEIGHT - BOTTOM - tall - 3, short(value), "middle", 9))
    return "\n".join([*out, "</svg>", ""])


def legend(names, colour):
    out, x = [], LEFT
    for name in names:
        out += [f'<rect x="{x}" y="32" width="10" height="10" fill="{colour[name]}"/>', text(x + 14, 41, name)]
        x += 30 + 7 * len(name)
    return out


def text(x, y, content, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{html.escape(content)}</text>'

"""One picture: ours over the peers', as bars."""

from html import escape

from .participants import CONFIGURATIONS, FASTAPI, OURS
from .goals import NAMES
from .summary import Results

BARS = (("login", "login"), ("refresh", "refresh"), ("cursor", "deep page by cursor"), ("first", "first page with totals"))
COLOURS = {"Node": "#2f7d4f", FASTAPI: "#2a6f97", "Flask": "#8a5a2b"}
WIDTH, LEFT, ROW, TOP = 820, 310, 22, 64
# Bars longer than this are cut, or Flask's would hide all others.
LONGEST = 12.0


def draw(results: Results, databases: list[str], size: int) -> str:
    rows = list(ratios(results, databases, size))
    height = TOP + ROW * len(rows) + 30
    scale = (WIDTH - LEFT - 70) / LONGEST
    style = "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f"<style>{style}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text class="t" x="16" y="26">authpair: calls a second over each peer\'s, {size:,} users</text>',
        '<text x="16" y="46">Right of the line, authpair does more. Each peer in its best configuration.</text>',
    ]
    for index, (label, peer, ratio) in enumerate(rows):
        y, length = TOP + ROW * index, min(ratio, LONGEST) * scale
        parts.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="16" fill="{COLOURS[peer]}"/>')
        cut = " →" if ratio > LONGEST else ""
        parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 15}">{ratio:.1f}×{cut}</text>')
    one = LEFT + scale
    parts.append(f'<line x1="{one:.1f}" y1="{TOP}" x2="{one:.1f}" y2="{height - 26}" stroke="#222"/>')
    parts.append(f'<text x="{one:.1f}" y="{height - 10}" text-anchor="middle">the same</text>')
    return "\n".join([*parts, "</svg>", ""])


def ratios(results: Results, databases: list[str], size: int):
    """Label, peer and ratio of each bar that was measured."""
    for database in databases:
        for workload, title in BARS:
            for peer, names in CONFIGURATIONS.items():
                ratio = results.over_best(database, workload, size, OURS, names)
                if ratio is not None:
                    yield f"{title}, {NAMES[database]}: {peer}", peer, ratio

"""The reliability diagram of the likelihood ratios, as SVG."""

from typing import Any


def diagram(part: dict[str, Any]) -> str:
    """Predicted chance of the same hand against how often it was; the circles' areas follow the number of trials."""
    side, edge = 360, 44
    inner = side - 2 * edge

    def at(x: float, y: float) -> tuple[float, float]:
        return edge + inner * x, side - edge - inner * y

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" font-family="sans-serif" font-size="11">',
        "<title>Reliability of the likelihood ratios at even priors</title>",
        f'<rect width="{side}" height="{side}" fill="#fff"/>',
        f'<rect x="{edge}" y="{edge}" width="{inner}" height="{inner}" fill="none" stroke="#999"/>',
        f'<line x1="{edge}" y1="{side - edge}" x2="{side - edge}" y2="{edge}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in (0, 0.5, 1):
        x, y = at(tick, tick)
        lines.append(f'<text x="{x:.0f}" y="{side - edge + 16}" text-anchor="middle">{tick:g}</text>')
        lines.append(f'<text x="{edge - 8}" y="{y + 4:.0f}" text-anchor="end">{tick:g}</text>')
    middle = side / 2
    lines.append(f'<text x="{middle}" y="{side - 8}" text-anchor="middle">predicted chance of the same hand</text>')
    lines.append(
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">observed share</text>'
    )
    for place, (name, colour) in enumerate((("not trained on, crossed", "#1f5fa8"), ("unseen artists", "#b5451b"))):
        bins = part[name]["reliability"]
        points = [at(found["predicted"], found["observed"]) for found in bins]
        most = max(found["trials"] for found in bins)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for (x, y), found in zip(points, bins, strict=True):
            radius = 2 + 7 * (found["trials"] / most) ** 0.5
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.6"/>')
        lines.append(f'<text x="{edge + 10}" y="{edge + 18 + 15 * place}" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])

"""Links that save a figure on the reader's own computer, wherever the kernel runs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def download_links(figure: Figure, name: str) -> str:
    """HTML: one link a format, "PNG (24 kB), SVG (20 kB), PDF (12 kB)", with the file's bytes inside."""
    from tapwidget.plots.figure1 import FORMATS, save

    links = []
    for suffix in FORMATS:
        data = save(figure, suffix)
        href = f"data:{KINDS[suffix]};base64,{base64.b64encode(data).decode()}"
        links.append(f'<a download="{name}.{suffix}" href="{href}">{suffix.upper()}</a> ({len(data) / 1000:,.0f} kB)')
    return ", ".join(links)

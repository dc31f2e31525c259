"""How our widgets look: one stylesheet in JupyterLab's own colours, so that light and dark themes both work."""

from __future__ import annotations

from html import escape

import ipywidgets

CSS = """
.tw-app { border: 1px solid var(--jp-border-color2, #ccc); border-radius: 6px; padding: 0 12px 10px; overflow: hidden; }
.tw-step { border-top: 1px solid var(--jp-border-color3, #e4e4e4); padding: 8px 0 4px; overflow: hidden; }
.tw-title { color: var(--jp-ui-font-color1, #222); font-weight: 600; font-size: 14px; line-height: 22px; }
.tw-note, .tw-note p { color: var(--jp-ui-font-color2, #666); font-size: 12px; line-height: 17px; margin: 0;
  overflow-wrap: anywhere; }
.tw-error { color: var(--jp-error-color0, #b71c1c); font-size: 13px; line-height: 18px; white-space: pre-wrap;
  overflow-wrap: anywhere; border-left: 3px solid var(--jp-error-color1, #d32f2f); padding-left: 8px; }
.tw-warning { color: var(--jp-ui-font-color1, #222); font-size: 12px; line-height: 17px; overflow-wrap: anywhere;
  border-left: 3px solid var(--jp-warn-color1, #f57c00); padding-left: 8px; margin: 2px 0; }
.tw-phase { display: inline-block; min-width: 92px; text-align: center; border-radius: 9px; padding: 0 9px; font-size: 12px;
  line-height: 19px; font-weight: 600; color: var(--jp-ui-font-color1, #222); background: var(--jp-layout-color3, #ddd); }
.tw-phase[data-phase=COMPLETED] { background: #2e7d32; color: white; }
.tw-phase[data-phase=ERROR], .tw-phase[data-phase=ABORTED] { background: #c62828; color: white; }
.tw-phase[data-phase=QUEUED], .tw-phase[data-phase=EXECUTING], .tw-phase[data-phase=HELD],
.tw-phase[data-phase=SENDING], .tw-phase[data-phase=FETCHING], .tw-phase[data-phase=SUSPENDED]
  { background: #1565c0; color: white; }
.tw-adql { font-family: var(--jp-code-font-family, monospace); font-size: 12px; line-height: 17px; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: 0; padding: 6px 8px; color: var(--jp-content-font-color1, #222);
  background: var(--jp-layout-color2, #f5f5f5); border: 1px solid var(--jp-border-color2, #ccc); }
.tw-adql-edit textarea { font-family: var(--jp-code-font-family, monospace); font-size: 12px; }
.tw-preview { overflow-x: auto; max-width: 100%; }
.tw-preview table { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums;
  color: var(--jp-ui-font-color1, #222); margin: 0; }
.tw-preview th, .tw-preview td { padding: 1px 8px; text-align: right; white-space: nowrap; line-height: 17px;
  border-bottom: 1px solid var(--jp-border-color3, #e4e4e4); max-width: 24em; overflow: hidden; text-overflow: ellipsis; }
.tw-preview th { font-weight: 600; vertical-align: bottom; }
.tw-preview .tw-unit { display: block; font-weight: 400; color: var(--jp-ui-font-color2, #666); min-height: 15px; }
.tw-preview .tw-role { display: block; font-weight: 600; color: var(--jp-brand-color1, #1976d2); min-height: 15px; }
.tw-preview .tw-missing { color: var(--jp-ui-font-color3, #999); }
.tw-simulated { color: var(--jp-ui-font-color1, #222); border: 1px solid var(--jp-warn-color1, #f57c00); border-radius: 9px;
  padding: 0 8px; font-size: 12px; line-height: 17px; display: inline-block; }
.tw-wrap { flex-flow: row wrap; align-items: center; }
.tw-wrap .widget-button, .tw-step .widget-button { width: auto; }
"""


def stylesheet() -> ipywidgets.HTML:
    """An invisible widget that brings the stylesheet; every widget of ours that stands alone begins with one."""
    return ipywidgets.HTML(f"<style>{CSS}</style>", layout=ipywidgets.Layout(display="none"))


def text(css_class: str, message: str, *, tag: str = "div", **attributes: str) -> str:
    """HTML that shows `message` as text: whatever is in it, none of it becomes markup."""
    more = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f'<{tag} class="{css_class}"{more}>{escape(message)}</{tag}>'


def notes(*messages: str, css_class: str = "tw-note") -> str:
    """One line of text a message, escaped; empty for no message."""
    return "".join(text(css_class, message) for message in messages if message)

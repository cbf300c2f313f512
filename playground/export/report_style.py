"""How a report looks, on the screen and on A4 paper."""

from __future__ import annotations

from playground.figures.theme import CORRECT, TRAINING

STYLE = f"""
:root {{color-scheme: light;}}
* {{box-sizing: border-box;}}
body {{margin: 0; background: #fff; color: #1d2126; font: 15px/1.5 "Source Sans 3", "Segoe UI", Roboto, Arial, sans-serif;
  print-color-adjust: exact; -webkit-print-color-adjust: exact;}}
main {{max-width: 820px; margin: 0 auto; padding: 32px 20px 60px;}}
h1 {{font-size: 30px; line-height: 1.2; margin: 0 0 8px; overflow-wrap: anywhere;}}
h2 {{font-size: 20px; margin: 34px 0 10px; padding-bottom: 4px; border-bottom: 2px solid {TRAINING};}}
h3 {{font-size: 16px; margin: 22px 0 10px;}}
p {{margin: 0 0 10px;}} ul {{margin: 6px 0 12px; padding-left: 22px;}}
.kicker {{color: #59626b; margin: 0 0 4px;}}
.note {{white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid {TRAINING}; padding-left: 12px;}}
.figures {{display: grid; grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); gap: 8px; margin: 18px 0 0;}}
.figures div {{border: 1px solid #d5dade; border-radius: 6px; padding: 7px 11px;}}
dt {{color: #59626b; font-size: 13px;}} dd {{margin: 0; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums;}}
table {{border-collapse: collapse; width: 100%; margin: 10px 0 18px; font-size: 13.5px; font-variant-numeric: tabular-nums;}}
th, td {{text-align: left; padding: 4px 8px; border-bottom: 1px solid #e2e6e9; vertical-align: top;}}
thead th, .group {{color: #59626b; font-weight: 600; border-bottom: 1.5px solid #aab2b9;}}
.group {{padding-top: 12px;}} tfoot td {{font-weight: 600; border-bottom: 0;}}
.settings th[scope=row] {{font-weight: 600; width: 24%;}} .settings td:nth-child(2) {{width: 34%; overflow-wrap: anywhere;}}
.settings td:nth-child(3) {{color: #59626b;}}
.layers td:nth-child(n+4), .layers th:nth-child(n+4), .epochs td, .epochs th {{text-align: right; white-space: nowrap;}}
.epochs th {{white-space: normal;}} .layers td:nth-child(2) {{white-space: nowrap; font-weight: 600;}}
.confusion {{width: auto; margin-left: auto; margin-right: auto; table-layout: fixed;}}
.confusion td {{min-width: 44px; height: 34px; text-align: center; vertical-align: middle;
  border: 2px solid #fff; padding: 2px 4px;}}
.confusion th {{text-align: center; border: 0; padding: 2px 6px;}}
.confusion tbody th {{text-align: right; white-space: nowrap; vertical-align: middle;}}
.confusion .corner {{font-weight: 400; white-space: nowrap; vertical-align: bottom;}}
.confusion .turned {{height: 92px; vertical-align: bottom;}}
.confusion .turned span {{writing-mode: vertical-rl; transform: rotate(180deg);}}
.confusion tbody td {{background: #f6f7f8;}}
.confusion.small {{font-size: 9.5px;}} .confusion.small td {{min-width: 22px; height: 20px; padding: 0; border-width: 1px;}}
.confusion.small th {{padding: 0 2px;}}
.bar {{width: 34%; white-space: nowrap;}}
.bar span {{display: inline-block; width: calc(100% - 62px); height: 11px; border-radius: 2px; background: #eceff1;}}
.bar i {{display: block; height: 11px; border-radius: 2px; background: {CORRECT};}}
.bar b {{display: inline-block; width: 60px; text-align: right; font-weight: 400;}}
.legend {{display: flex; flex-wrap: wrap; gap: 2px 26px; font-size: 13px;}}
.curves {{display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 8px 20px; margin: 6px 0 10px;}}
.curves svg {{width: 100%; height: auto; display: block;}}
.curves text {{font-size: 12.5px; fill: #333;}} .curves .title {{font-weight: 700;}}
.curves .grid {{stroke: #dfe3e6;}} .curves .axis {{stroke: #8a929a; fill: none;}}
.scatter {{display: block; width: 100%; max-width: 420px; margin: 4px auto 14px;}}
.scatter text {{font-size: 12.5px; fill: #333;}}
.scatter .grid {{stroke: #dfe3e6;}} .scatter .axis {{stroke: #8a929a; fill: none;}}
.examples td, .examples th {{text-align: right;}}
.curves .curve {{fill: none; stroke-linejoin: round;}}
code, pre {{font-family: "Source Code Pro", Consolas, Menlo, monospace; font-size: 12px;}}
code {{background: #f1f3f5; padding: 1px 4px; border-radius: 3px;}}
pre {{background: #f6f7f8; padding: 10px 12px; border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; line-height: 1.35;}}
@media (max-width: 600px) {{
  main {{padding: 18px 12px 40px;}}
  table {{display: block; overflow-x: auto;}} .classes td {{white-space: nowrap;}} .bar {{min-width: 150px;}}
}}
@page {{size: A4; margin: 15mm 14mm;}}
@media print {{
  body {{font-size: 10.5pt;}} main {{max-width: none; padding: 0;}}
  h2, h3 {{break-after: avoid;}} tr, .curves, .card, .figures div, .keep {{break-inside: avoid;}}
  .confusion {{break-inside: avoid;}} thead {{display: table-header-group;}}
  .cards {{grid-template-columns: repeat(6, 1fr) !important; gap: 6px !important;}}
  .figures {{grid-template-columns: repeat(4, 1fr);}}
  .card figcaption, .card-bar {{font-size: 7.5pt !important;}} .card-share {{min-width: 30px !important;}}
  pre {{font-size: 7.5pt;}} table {{font-size: 9pt;}} .confusion td {{height: 28px;}}
}}
"""

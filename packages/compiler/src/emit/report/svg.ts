// SPDX-License-Identifier: Apache-2.0
/** Elements of SVG pictures: escaped, rounded, so that equal pictures have equal bytes. */

export function svgLine(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${svgNumber(x1)}" y1="${svgNumber(y1)}" x2="${svgNumber(x2)}" y2="${svgNumber(y2)}" ${style}/>`;
}

export function svgText(x: number, y: number, content: string, style: string): string {
  return `<text x="${svgNumber(x)}" y="${svgNumber(y)}" ${style}>${escapeXml(content)}</text>`;
}

/** Two decimals at most. */
export function svgNumber(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

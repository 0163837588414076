/** A plot as a file: SVG that needs no stylesheet, and PNG drawn from it. */
import { breakLines } from './label';

/** What a drawing gets from stylesheets and must carry itself, as presentation attributes: every program reads those. */
const CARRIED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
] as const;

const COLOURS = new Set<string>(['fill', 'stroke']);
const DEFAULTS: Record<string, string> = {
  'fill-opacity': '1',
  'stroke-width': '1px',
  'stroke-opacity': '1',
  'stroke-dasharray': 'none',
  'stroke-linecap': 'butt',
  'stroke-linejoin': 'miter',
  opacity: '1',
  'font-weight': '400',
  'text-anchor': 'start',
  'dominant-baseline': 'auto',
};
const NAMESPACE = 'http://www.w3.org/2000/svg';
const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const EDGE = 16;

export interface Caption {
  title: string;
  subtitle?: string;
  note?: string;
}

/** The drawing with its title above and its note below, in the colours that are on the screen now. */
export function svgOf(drawing: SVGSVGElement, caption: Caption): string {
  const width = Number(drawing.getAttribute('width'));
  const height = Number(drawing.getAttribute('height'));
  const ground = getComputedStyle(drawing);
  const token = (name: string) => rgb(ground.getPropertyValue(name).trim());
  const whole = document.createElementNS(NAMESPACE, 'svg');
  const lines = [
    ...breakLines(caption.title, width, 15).map((text) => ({ text, size: 15, bold: true })),
    ...breakLines(caption.subtitle ?? '', width, 12).map((text) => ({
      text,
      size: 12,
      bold: false,
    })),
  ];
  const foot = breakLines(caption.note ?? '', width, 12);
  const head = EDGE + lines.reduce((sum, line) => sum + line.size * 1.45, 0) + 6;
  const total = head + height + foot.length * 17 + (foot.length > 0 ? 8 : 0) + EDGE;
  attributes(whole, {
    xmlns: NAMESPACE,
    width: width + 2 * EDGE,
    height: Math.ceil(total),
    viewBox: `0 0 ${width + 2 * EDGE} ${Math.ceil(total)}`,
    'font-family': FONT,
  });
  const back = document.createElementNS(NAMESPACE, 'rect');
  attributes(back, { width: '100%', height: '100%', fill: token('--surface') });
  whole.append(back);
  let y = EDGE;
  for (const { text, size, bold } of lines) {
    y += size * 1.45;
    whole.append(written(text, y - size * 0.35, size, token(bold ? '--text' : '--text-3'), bold));
  }
  const inner = carried(drawing);
  attributes(inner, { x: EDGE, y: Math.round(head) });
  whole.append(inner);
  y = head + height + 8;
  for (const text of foot) {
    y += 17;
    whole.append(written(text, y - 5, 12, token('--text-3'), false));
  }
  return new XMLSerializer().serializeToString(whole);
}

/** The SVG as PNG, at twice the size so that it stays sharp in a document. */
export async function pngOf(svg: string, factor = 2): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * factor;
    canvas.height = image.naturalHeight * factor;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('no picture'))),
        'image/png',
      );
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A copy in which every element says itself how it looks; what only serves the pointer is left out. */
function carried(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const pairs: [Element, Element][] = [[drawing, copy]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [from, to] = pair;
    const style = getComputedStyle(from);
    for (const name of CARRIED) {
      const value = style.getPropertyValue(name);
      if (value === '' || DEFAULTS[name] === value) to.removeAttribute(name);
      else to.setAttribute(name, COLOURS.has(name) ? paint(value) : value);
    }
    // The rim behind a text is for the screen; where paint-order is unknown it would cover the text.
    if (style.paintOrder.startsWith('stroke')) to.removeAttribute('stroke');
    to.removeAttribute('class');
    to.removeAttribute('style');
    for (const [index, child] of [...from.children].entries()) {
      const twin = to.children[index];
      if (twin) pairs.push([child, twin]);
    }
  }
  for (const passing of copy.querySelectorAll('[data-passing]')) passing.remove();
  return copy;
}

function paint(value: string): string {
  return value === 'none' || value.startsWith('url(') ? value : rgb(value);
}

const known = new Map<string, string>();

/** Any CSS colour as rgb(): other programs do not know oklab() or color-mix(). */
function rgb(value: string): string {
  if (/^rgb\(|^#/.test(value) || value === '') return value;
  let found = known.get(value);
  if (!found) {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    if (!context) return value;
    context.fillStyle = value;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha = 255] = context.getImageData(0, 0, 1, 1).data;
    found =
      alpha === 255
        ? `rgb(${red}, ${green}, ${blue})`
        : `rgba(${red}, ${green}, ${blue}, ${(alpha / 255).toFixed(3)})`;
    known.set(value, found);
  }
  return found;
}

function written(text: string, y: number, size: number, fill: string, bold: boolean): SVGElement {
  const element = document.createElementNS(NAMESPACE, 'text');
  attributes(element, { x: EDGE, y: Math.round(y), 'font-size': size, fill });
  if (bold) element.setAttribute('font-weight', '600');
  element.textContent = text;
  return element;
}

function attributes(element: Element, values: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
}

/** Takes a plot along: to the clipboard or into a file. */
import { csv, type Field } from './csv';
import type { Cell, Table } from './data';
import { pngOf, svgOf, type Caption } from './picture';

export type Form = 'csv' | 'png' | 'svg';

interface Shared {
  drawing: SVGSVGElement | null;
  caption: Caption;
  table: Table;
}

/** Rejects when the browser refuses, or when a picture of what is not drawn is asked for. */
export async function share(how: 'copy' | 'save', form: Form, shared: Shared): Promise<void> {
  if (how === 'save') {
    const { title, subtitle = '' } = shared.caption;
    return save(await blobOf(form, shared), `${fileName(`${title} ${subtitle}`)}.${form}`);
  }
  if (form === 'png') {
    // The promise goes in as it is: Safari wants the call inside the click.
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blobOf('png', shared) })]);
    return;
  }
  await navigator.clipboard.writeText(await (await blobOf(form, shared)).text());
}

async function blobOf(form: Form, { drawing, caption, table }: Shared): Promise<Blob> {
  if (form === 'csv') return new Blob([tableCsv(table)], { type: 'text/csv;charset=utf-8' });
  if (!drawing) throw new Error('nothing is drawn');
  const svg = svgOf(drawing, caption);
  return form === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : pngOf(svg);
}

/** The table with exact values; what is shown shortened is copied whole. */
export function tableCsv(table: Table): string {
  const bare = (cell: Cell): Field =>
    cell !== null && typeof cell === 'object' ? cell.value : cell;
  return csv(
    table.columns.map(({ label }) => label),
    table.rows.map((row) => row.map(bare)),
  );
}

/** Hands the browser a file to keep. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A title as a file's name, on any system. */
export function fileName(title: string): string {
  const name = title
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f<>:"/\\|?*]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return (
    [...name]
      .slice(0, 80)
      .join('')
      .replace(/[. ]+$/, '') || 'plot'
  );
}

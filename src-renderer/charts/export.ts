import { csvLine } from '../../src-main/reports/escapes.ts';
import type { Picture, PictureTable } from './picture.ts';

/** A picture's numbers as CSV with a full stop as decimal mark. */
export function tableToCsv(table: PictureTable): string {
  const text = (value: string | number | null): string =>
    typeof value === 'number' ? (Number.isFinite(value) ? String(value) : '') : (value ?? '');
  return `${[table.columns, ...table.rows].map((row) => csvLine(row.map(text))).join('\r\n')}\r\n`;
}

/** `touchstone-forgetting-3fa9c2.svg`: the picture's name and, where it shows one trial, the start of its id. */
export function fileName(picture: Picture, extension: string): string {
  const stem = picture.name
    .replace(/[^a-z0-9-]+/gi, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  const [trial] = picture.trials;
  return `touchstone-${stem}${picture.trials.length === 1 && trial !== undefined ? `-${trial.slice(0, 8)}` : ''}.${extension}`;
}

/** Offers text or bytes as a file. */
export function download(name: string, content: string | Blob, mime = 'text/plain'): void {
  const url = URL.createObjectURL(
    typeof content === 'string' ? new Blob([content], { type: `${mime};charset=utf-8` }) : content,
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Draws an SVG document into a PNG of `scale` times its size. Rejects when the browser cannot read it. */
export async function svgToPng(
  svg: string,
  size: { readonly width: number; readonly height: number },
  scale = 2,
): Promise<Blob> {
  const image = new Image(size.width, size.height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(size.width * scale);
  canvas.height = Math.round(size.height * scale);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This window cannot draw bitmaps. Export SVG instead.');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('The bitmap came out empty. Export SVG instead.')) : resolve(blob)),
      'image/png',
    ),
  );
}

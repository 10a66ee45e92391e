import { init } from './echarts.ts';
import type { Picture } from './picture.ts';
import type { ChartStyle } from './style.ts';

/** A picture as a standalone SVG document, without a DOM: for files and for the report. */
export function renderSvg(
  picture: Picture,
  style: ChartStyle,
  size: { readonly width: number; readonly height?: number },
): string {
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: size.width,
    height: size.height ?? picture.height ?? Math.round(size.width * 0.56),
  });
  try {
    chart.setOption({ ...picture.option, backgroundColor: style.surface, tooltip: { show: false } });
    // The description goes with the file, readable by people and by screen readers.
    return chart
      .renderToSVGString()
      .replace(/^<svg /, '<svg role="img" ')
      .replace('>', `><title>${escapeXml(picture.description)}</title>`);
  } finally {
    chart.dispose();
  }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? character);
}

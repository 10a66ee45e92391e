import { useAppearance } from '../stores/appearance.ts';
import { useSettings } from '../stores/settings.ts';
import { darkStyle, HUES, lightStyle, looksOf, type ChartStyle } from './style.ts';

/** The chart style of the theme on screen, from the design tokens. Reactive inside a computed. */
export function screenStyle(): ChartStyle {
  const fallback = useSettings().resolvedTheme === 'dark' ? darkStyle : lightStyle;
  const { literal } = useAppearance();
  const read = (name: `--${string}`, otherwise: string) => literal(name) || otherwise;
  return {
    dark: fallback.dark,
    font: fallback.font,
    text: read('--text', fallback.text),
    muted: read('--text-2', fallback.muted),
    rule: read('--rule', fallback.rule),
    surface: read('--surface', fallback.surface),
    accent: read('--accent', fallback.accent),
    better: read('--better', fallback.better),
    worse: read('--worse', fallback.worse),
    sequential: fallback.sequential.map((color, i) => read(`--heat-${i}`, color)),
    looks: looksOf(fallback.looks.slice(0, HUES).map((look, i) => read(`--series-${i + 1}`, look.color))),
  };
}

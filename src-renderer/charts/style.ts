import { COLOURS, DASHES, MARKERS, PALETTE } from '../../src-main/metrics/looks.ts';

/** How pictures look: plain values, so that the same builder draws on screen, to a file and in a report. */
export interface ChartStyle {
  readonly dark: boolean;
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly surface: string;
  readonly accent: string;
  readonly better: string;
  readonly worse: string;
  readonly font: string;
  /** Low to high. Low stays visible against the surface, high stands out from it, in either theme. */
  readonly sequential: readonly string[];
  /** Colours, markers and dashes of series that belong to no method. */
  readonly looks: readonly SeriesLook[];
}

/** A series is told apart three times: colour, marker, dash. */
export interface SeriesLook {
  readonly color: string;
  /** A marker's name (`circle`, `square`, `triangle-down`, …) or anything ECharts knows. */
  readonly marker: string;
  readonly dash: 'solid' | 'dashed' | 'dotted' | 'dash-dot' | readonly number[];
}

const PATHS: Readonly<Record<string, string>> = {
  square: 'rect',
  'triangle-down': 'path://M0,0 L10,0 L5,9 Z',
  cross: 'path://M1,0 L5,4 L9,0 L10,1 L6,5 L10,9 L9,10 L5,6 L1,10 L0,9 L4,5 L0,1 Z',
  plus: 'path://M4,0 L6,0 L6,4 L10,4 L10,6 L6,6 L6,10 L4,10 L4,6 L0,6 L0,4 L4,4 Z',
};

/** The interface's marker names as ECharts symbols. */
export function symbolOf(marker: string): string {
  return PATHS[marker] ?? marker;
}

/** The interface's dash names as ECharts line types. */
export function lineTypeOf(dash: SeriesLook['dash']): 'solid' | 'dashed' | 'dotted' | number[] {
  if (dash === 'dash-dot') return [9, 3, 2, 3];
  return typeof dash === 'string' ? dash : [...dash];
}

/** The colours that methods share. On screen they are read from the tokens (theme.ts), which are the same. */
/** As many as are told apart also by who sees no red or green. */
export const HUES = 7;
const hues = (theme: 'light' | 'dark'): readonly string[] => COLOURS.slice(0, HUES).map((name) => PALETTE[theme][name]);

export const looksOf = (colors: readonly string[]): readonly SeriesLook[] =>
  Array.from({ length: colors.length * DASHES.length }, (_, i) => {
    const round = Math.floor(i / colors.length);
    return {
      color: colors[i % colors.length] ?? '#888888',
      marker: MARKERS[(i + round) % MARKERS.length] ?? 'circle',
      dash: DASHES[round % DASHES.length] ?? 'solid',
    };
  });

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";

export const lightStyle: ChartStyle = {
  dark: false,
  text: '#1c1d1f',
  muted: '#50524f',
  rule: '#e2e2dd',
  surface: '#ffffff',
  accent: '#1d56b5',
  better: '#00705a',
  worse: '#a94400',
  font,
  sequential: ['#f4f7fb', '#c9dcef', '#8db8dd', '#4a8fc4', '#1c649f', '#0b3c68'],
  looks: looksOf(hues('light')),
};

export const darkStyle: ChartStyle = {
  dark: true,
  text: '#e7e9ec',
  muted: '#b4bac2',
  rule: '#2d3238',
  surface: '#1c1f23',
  accent: '#8db4ff',
  better: '#4fc7a6',
  worse: '#f19a5b',
  font,
  sequential: ['#1f252c', '#1d3d5a', '#215f90', '#3d86bd', '#78b3de', '#c3e0f5'],
  looks: looksOf(hues('dark')),
};

export function lookAt(style: ChartStyle, index: number): SeriesLook {
  return style.looks[index % style.looks.length] ?? { color: style.accent, marker: 'circle', dash: 'solid' };
}

function channels(color: string): readonly [number, number, number] {
  const digits = color.replace('#', '');
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const value = Number.parseInt(full.slice(0, 6), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** WCAG 2 relative luminance of `#rgb` or `#rrggbb`, in [0, 1]. */
export function luminance(color: string): number {
  const [r, g, b] = channels(color).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Colour of `share` in [0, 1] on a ramp, by linear interpolation between its stops. */
export function rampColor(ramp: readonly string[], share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const low = channels(ramp[Math.floor(at)] ?? '#888888');
  const high = channels(ramp[Math.ceil(at)] ?? '#888888');
  const part = at - Math.floor(at);
  return `#${low
    .map((channel, i) =>
      Math.round(channel + ((high[i] ?? channel) - channel) * part)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** Black or white, whichever reads better on `color`. */
export function inkOn(color: string): string {
  return contrast(color, '#ffffff') >= contrast(color, '#000000') ? '#ffffff' : '#000000';
}

export function withAlpha(color: string, alpha: number): string {
  const [r, g, b] = channels(color);
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

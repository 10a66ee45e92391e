/**
 * How a method looks in every picture, table and file: a colour, a marker and a dash that follow from its id alone, so
 * that DER++ is the same on a board, in a report and in next year's study. Configurations of a method share its colour
 * and differ by marker or dash.
 */

export const MARKERS = ['circle', 'square', 'triangle', 'diamond', 'cross', 'triangle-down', 'plus'] as const;
export const DASHES = ['solid', 'dashed', 'dotted', 'dash-dot'] as const;
export type Marker = (typeof MARKERS)[number];
export type Dash = (typeof DASHES)[number];

/** Colours by name; the interface's tokens are `--series-1`, … References are neutral. */
export const COLOURS = ['1', '2', '3', '4', '5', '6', '7', 'lower', 'upper'] as const;
export type ColourName = (typeof COLOURS)[number];
/** How many colours methods share; the others are for references. */
const HUES = 7;

/** Okabe-Ito hues, which colour-blind people tell apart, each at least 3:1 on its theme's surface. */
export const PALETTE: Readonly<Record<'light' | 'dark', Readonly<Record<ColourName, string>>>> = {
  light: {
    '1': '#0072b2',
    '2': '#c98000',
    '3': '#008f67',
    '4': '#c05d97',
    '5': '#c54400',
    '6': '#3096d2',
    '7': '#8f812f',
    lower: '#7d807b',
    upper: '#2a2c2e',
  },
  dark: {
    '1': '#3f9fe0',
    '2': '#e69f00',
    '3': '#1fb88d',
    '4': '#d98ab8',
    '5': '#ef7433',
    '6': '#86c9f2',
    '7': '#e6da45',
    lower: '#8d949c',
    upper: '#e7e9ec',
  },
};

export interface Look {
  readonly colour: ColourName;
  readonly marker: Marker;
  readonly dash: Dash;
}

export interface Looking {
  /** Tells configurations apart; that of a method's usual settings is the method's id. */
  readonly key: string;
  readonly method: string;
  readonly reference: 'lower' | 'upper' | null;
}

/**
 * With this beginning the methods of the first version, some thirty, share no colour and marker, those of the first
 * study no colour. It is part of how every method looks and stays as it is.
 */
const SALT = '90976 ';
const UTF8 = new TextEncoder();

/** 32 bits that depend on every character: FNV-1a with the last steps of MurmurHash3. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (const byte of UTF8.encode(SALT + text)) mixed = Math.imul(mixed ^ byte, 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const at = <T>(list: readonly [T, ...T[]], index: number): T => list[index % list.length] ?? list[0];

/** The look of a method with its usual settings. */
export function methodLook(method: string, reference: Looking['reference']): Look {
  const bits = hash(method);
  const [marker, dash] = [Math.floor(bits / HUES), Math.floor(bits / (HUES * MARKERS.length))];
  return reference === null
    ? { colour: at(COLOURS, bits % HUES), marker: at(MARKERS, marker), dash: at(DASHES, dash) }
    : {
        colour: reference,
        marker: reference === 'lower' ? 'triangle-down' : 'triangle',
        dash: at(['dashed', 'dotted', 'dash-dot'], dash),
      };
}

/**
 * The look of each configuration by its key, whatever their order. The usual settings look as their method does, beside
 * another that would look the same the next free one of its colour. The marker and dash of others follow from their
 * key, moved on where another configuration of the method has them. Tables show the marker alone: none is used again
 * before all are in use. 28 of a method are told apart.
 */
export function configurationLooks(configurations: readonly Looking[]): ReadonlyMap<string, Look> {
  const byMethod = new Map<string, Looking[]>();
  for (const one of configurations) {
    const siblings = byMethod.get(one.method);
    if (siblings === undefined) byMethod.set(one.method, [one]);
    else siblings.push(one);
  }
  const looks = new Map<string, Look>();
  const usuals = methodLooks(
    [...byMethod].map(([method, [first]]) => ({ method, reference: first?.reference ?? null })),
  );
  for (const [method, siblings] of byMethod) {
    const usual = lookOf(usuals, method);
    // The first place is the usual settings', whether they are here or not: they look the same beside others as alone.
    let taken = new Set([0]);
    let markers = new Set([0]);
    const keys = new Set(siblings.map(({ key }) => key));
    if (keys.delete(method)) looks.set(method, usual);
    for (const key of [...keys].sort()) {
      if (taken.size === PLACES) taken = new Set();
      if (markers.size === MARKERS.length) markers = new Set();
      let place = hash(key) % PLACES;
      while (taken.has(place) || markers.has(place % MARKERS.length)) place = (place + 1) % PLACES;
      taken.add(place);
      markers.add(place % MARKERS.length);
      looks.set(key, varied(usual, place));
    }
  }
  return looks;
}

/** @throws Error for what was not among those that looks were made for. */
export function lookOf(looks: ReadonlyMap<string, Look>, key: string): Look {
  const look = looks.get(key);
  if (look === undefined) throw new Error(`No look was made for ${key}.`);
  return look;
}

/**
 * The look of each method beside the others. Two hundred methods have more ids than there are looks: where two of one
 * picture would look the same, the later by its id takes the next free marker or dash of its colour.
 */
function methodLooks(methods: readonly Pick<Looking, 'method' | 'reference'>[]): ReadonlyMap<string, Look> {
  const taken = new Set<string>();
  const looks = new Map<string, Look>();
  for (const { method, reference } of [...methods].sort((a, b) => (a.method < b.method ? -1 : 1))) {
    const own = methodLook(method, reference);
    const written = (place: number): string => Object.values(varied(own, place)).join(' ');
    let place = 0;
    while (reference === null && place < PLACES && taken.has(written(place))) place += 1;
    taken.add(written(place));
    looks.set(method, varied(own, place));
  }
  return looks;
}

const PLACES = MARKERS.length * DASHES.length;

/** The method's look so many places on: other markers first, then the same ones with other dashes. */
function varied({ colour, marker, dash }: Look, place: number): Look {
  return {
    colour,
    marker: at(MARKERS, MARKERS.indexOf(marker) + (place % MARKERS.length)),
    dash: at(DASHES, DASHES.indexOf(dash) + Math.floor(place / MARKERS.length)),
  };
}

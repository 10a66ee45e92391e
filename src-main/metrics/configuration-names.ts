/**
 * How a configuration of a method is called, everywhere: on boards, in sentences, legends, logs, notes and files. The
 * method's title comes first, then what tells it from the method's other configurations.
 */

type Scalar = number | string | boolean;

/** What a name is made of. */
export interface Nameable {
  /** Tells configurations apart; two with the same key are one. */
  readonly key: string;
  readonly method: string;
  /** Of the method. */
  readonly title: string;
  /** The settings by which it differs from the method's usual ones: what a publication used, or else the defaults. */
  readonly own: Readonly<Record<string, Scalar>>;
  /** What a person calls it; empty where nobody has said. */
  readonly label: string;
  /** Are the usual settings those of a publication? */
  readonly published: boolean;
}

/** The name of each configuration by its key, distinct also to an eye that overlooks case and blanks. */
export function configurationNames(configurations: readonly Nameable[]): ReadonlyMap<string, string> {
  const byMethod = new Map<string, Nameable[]>();
  for (const one of new Map(configurations.map((each) => [each.key, each])).values()) {
    const siblings = byMethod.get(one.method);
    if (siblings === undefined) byMethod.set(one.method, [one]);
    else siblings.push(one);
  }
  return distinct([...byMethod.values()].flatMap(namesOfOneMethod));
}

/** The name of a configuration where nothing stands beside it: `EWC`, or `EWC, lambda 500`. */
export function configurationName(configuration: Nameable): string {
  return configurationNames([configuration]).get(configuration.key) ?? configuration.title;
}

/** `lambda 500, labels true`: settings in words; empty where there are none. */
export function settingsText(settings: Readonly<Record<string, Scalar>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

/** A name as the method's title and the rest, which has to stay in sight where there is no room for both. */
export function nameParts({
  title,
  name,
}: {
  readonly title: string;
  readonly name: string;
}): readonly [title: string, own: string] {
  return name.startsWith(title) ? [title, name.slice(title.length)] : [name, ''];
}

interface Named {
  readonly key: string;
  readonly name: string;
}

function namesOfOneMethod(siblings: readonly Nameable[]): Named[] {
  const alone = siblings.length === 1;
  const settings = telling(siblings);
  const labels = siblings.map(({ title, label }) => ownWords(title, label));
  const isTwice = repeated(labels);
  return siblings.map((one, i) => {
    const label = labels[i] ?? '';
    const own = settingsText(settings[i] ?? {});
    const usual = alone ? '' : one.published ? 'published' : 'default';
    const told = own === '' ? usual : own;
    // A label that a sibling has too tells nothing apart by itself.
    const words = label === '' ? [told] : isTwice(label) ? [label, told] : [label];
    return { key: one.key, name: [one.title, ...words.filter((word) => word !== '')].join(', ') };
  });
}

/** The own settings of each without those that all share, unless that would leave one of them nothing to say. */
function telling(siblings: readonly Nameable[]): Readonly<Record<string, Scalar>>[] {
  const [first] = siblings;
  const isShared = (name: string, value: Scalar): boolean =>
    siblings.length > 1 && siblings.every(({ own }) => Object.hasOwn(own, name) && own[name] === value);
  const shared = new Set(
    Object.entries(first?.own ?? {}).flatMap(([name, value]) => (isShared(name, value) ? [name] : [])),
  );
  if (shared.size === 0) return siblings.map(({ own }) => own);
  const leavesNothing = siblings.some(({ own }) => Object.keys(own).every((name) => shared.has(name)));
  return siblings.map(({ own }) =>
    leavesNothing ? own : Object.fromEntries(Object.entries(own).filter(([name]) => !shared.has(name))),
  );
}

/** A label without the method's title, with which a person may have begun it. */
function ownWords(title: string, label: string): string {
  const words = label.trim();
  const rest = words.startsWith(title) ? words.slice(title.length) : words;
  return rest === '' || /^[\s,:]/.test(rest) ? rest.replace(/^[\s,:]+/, '') : words;
}

/** Letters with single blanks between them, all of which anybody can see. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/** How names look to somebody who reads fast. */
const alike = (name: string): string =>
  (PLAIN.test(name)
    ? name
    : name
        .normalize('NFKC')
        .replace(/[\s\p{Cf}]+/gu, ' ')
        .trim()
  ).toLowerCase();

/** Which of some texts look like another one. */
function repeated(texts: readonly string[]): (text: string) => boolean {
  const byLook = new Map<string, string[]>();
  for (const text of texts) {
    const look = alike(text);
    const same = byLook.get(look);
    if (same === undefined) byLook.set(look, [text]);
    else same.push(text);
  }
  const several = new Set([...byLook.values()].flatMap((same) => (same.length > 1 ? same : [])));
  return (text) => several.has(text);
}

/**
 * Adds its key to every name that another one looks like: methods of the same title, or texts that happen to read the
 * same. Where even that does not help (keys may look alike too), their place among the keys.
 */
function distinct(named: readonly Named[]): ReadonlyMap<string, string> {
  const placeOf = (wanted: string): number =>
    named
      .map(({ key }) => key)
      .sort()
      .indexOf(wanted) + 1;
  let names = named;
  for (let round = 0; ; round++) {
    const isTwice = repeated(names.map(({ name }) => name));
    if (!names.some(({ name }) => isTwice(name))) return new Map(names.map(({ key, name }) => [key, name]));
    const mark = ({ key }: Named): string => (round === 0 ? `[${key}]` : `#${placeOf(key)}`);
    names = names.map((one) => (isTwice(one.name) ? { key: one.key, name: `${one.name} ${mark(one)}` } : one));
  }
}

import { configurationNames } from '../metrics/configuration-names.ts';
import type { Nameable } from '../metrics/configuration-names.ts';
import type { ImportedRow, RowInfo } from '../metrics/records.ts';
import { configurationLooks, lookOf, methodLook } from '../metrics/looks.ts';
import type { Look, Looking } from '../metrics/looks.ts';
import type { HyperParameters, MethodDescription } from '../methods/contract.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { canonicalJson } from '../base/canonical.ts';
import { configurationKey, originOfConfiguration, originPart } from '../results/identity.ts';
import type { TrialRole } from '../results/types.ts';
import type { SuiteDescription } from '../suites/contract.ts';
import type { StudyConfiguration } from './contract/contract.ts';
import { importedFromOf } from './imported-from.ts';
import { remembered } from '../base/remembered.ts';
import { settingsFor } from './settings.ts';
import type { PublishedSettings } from './settings.ts';

/** The ends of a suite's scale. A probe has none: it is measured by itself, whatever method it names. */
export function scaleOf(suite: SuiteDescription | undefined): SuiteDescription['references'] | null {
  return suite === undefined || suite.facts.kind === 'probe' ? null : suite.references;
}

/** A method with its settings on a suite, as a cell and a trial have it. */
export interface Configured {
  readonly suite: string;
  readonly method: string;
  /** By which it is stored. */
  readonly configuration: string;
  readonly hyperParameters: HyperParameters;
}

/** The row of a configuration: its key, and the settings by which it differs from the usual ones on its suite. */
export interface Placement {
  readonly key: string;
  readonly own: HyperParameters;
}

export interface ConfigurationParts {
  readonly methods: MethodRegistry;
  settings(suite: string): PublishedSettings;
  /** The ends of a suite's scale; null for one that is not known here. */
  references(suite: string): SuiteDescription['references'] | null;
  /** Where an imported configuration comes from, as it is stored with its trials. */
  originOf(suite: string, configuration: string): string | null;
}

/**
 * Which configurations are one row, and how each is called and looks. A row is the method with the values by which it
 * differs from its settings for the suite (defaults and published ones), so that "EWC as published" is one row over
 * suites that publish different strengths.
 */
export class Configurations {
  readonly #parts: ConfigurationParts;

  constructor(parts: ConfigurationParts) {
    this.#parts = parts;
  }

  /** The key of a row: method and the hash of what differs from its usual settings on the suite. */
  rowOf(trial: Configured): Placement {
    return this.placer()(trial);
  }

  /** `rowOf` for many: what several have in common is worked out once. */
  placer(): (trial: Configured) => Placement {
    interface Usual {
      readonly values: Record<string, unknown> | null;
      readonly rows: Map<string, Placement>;
    }
    const bySuite = new Map<string, Map<string, Usual>>();
    const byValues = new Map<string, Usual>();
    const usualOf = (suite: string, id: string): Usual => {
      const method = this.#parts.methods.methods.get(id)?.method;
      const values = method === undefined ? null : usualSettings(method, settingsFor(this.#parts.settings(suite), id));
      // Suites with the same usual settings share what follows from them.
      return remembered(byValues, canonicalJson(values), () => ({ values, rows: new Map() }));
    };
    return ({ suite, method, configuration, hyperParameters }) => {
      const usual =
        bySuite.get(suite)?.get(method) ??
        remembered(
          remembered(bySuite, suite, () => new Map<string, Usual>()),
          method,
          () => usualOf(suite, method),
        );
      return (
        usual.rows.get(configuration) ??
        remembered(usual.rows, configuration, () => {
          const own = usual.values === null ? hyperParameters : differences(hyperParameters, usual.values);
          const origin = originOfConfiguration(configuration);
          const key = [
            Object.keys(own).length === 0 ? method : configurationKey(method, own),
            origin === null ? '' : originPart(origin),
          ].join('');
          return { key, own };
        })
      );
    };
  }

  /**
   * The rows of what was measured or asked for, in its order, with the names that tell these rows apart. `hereAlready`:
   * imported rows with the row that has their results, see `here-already.ts`.
   */
  rows(placed: readonly Placed[], hereAlready: ReadonlyMap<string, string> = new Map()): RowInfo[] {
    const rows = this.#gather(placed);
    const names = configurationNames(rows);
    const looks = configurationLooks(rows);
    return rows.map((row): RowInfo => {
      const { key, method, title, reference, settings } = row;
      const known = this.#method(method);
      const here = hereAlready.get(key);
      const hereAs = here === undefined ? null : (names.get(here) ?? here);
      const imported = row.imported === null ? null : { ...row.imported, hereAs };
      return {
        key,
        method,
        title,
        name: names.get(key) ?? title,
        look: lookOf(looks, key),
        reference,
        family: known?.family ?? '',
        hyperParameters: common([...settings.values()]),
        asks: [...(known?.asks ?? [])],
        imported,
        superseded: row.superseded,
        isReplaced: row.isReplaced,
      };
    });
  }

  /**
   * The configurations of a study's trials: those of its grid are called and look as on its board, those of artefacts
   * follow.
   */
  ofStudy(
    trials: readonly {
      readonly trial: Configured & { readonly cell: number | null };
      readonly role: TrialRole;
      readonly label: string;
    }[],
    /** Keys of rows of earlier versions, by their cells; see `earlierRows`. */
    earlier: ReadonlyMap<number, string>,
  ): StudyConfiguration[] {
    const placer = this.placer();
    const rowOf = (trial: Configured & { readonly cell: number | null }): Placement => {
      const row = placer(trial);
      const key = trial.cell === null ? undefined : earlier.get(trial.cell);
      return key === undefined ? row : { key, own: { ...row.own, earlier: 'version' } };
    };
    const placed = (wanted: TrialRole): Placed[] =>
      trials.flatMap(({ trial, role, label }) => (role === wanted ? [{ ...rowOf(trial), label, cell: trial }] : []));
    const inGrid = this.rows(placed('cell'));
    const keys = new Set(inGrid.map(({ key }) => key));
    const behind = this.rows(placed('artefact').filter(({ key }) => !keys.has(key)));
    return [...inGrid, ...behind].map(({ key, method, title, name, look, reference }) => ({
      key,
      method,
      title,
      name,
      look,
      reference,
    }));
  }

  /** What a trial's configuration is called and how it looks where nothing stands beside it. */
  alone(trial: Configured): { readonly name: string; readonly look: Look } {
    const [row] = this.rows([{ ...this.rowOf(trial), label: '', cell: trial }]);
    return row ?? { name: trial.method, look: methodLook(trial.method, null) };
  }

  #imported({ suite, configuration }: Configured): ImportedRow | null {
    const origin = originOfConfiguration(configuration);
    if (origin === null) return null;
    const from = importedFromOf(this.#parts.originOf(suite, configuration));
    return { name: from?.name ?? 'a report', checked: origin.checked, hereAs: null };
  }

  /** A method is a reference where a suite names it as an end of its scale, and a method like others elsewhere. */
  #reference(method: string, suites: readonly string[]): 'lower' | 'upper' | null {
    const ends = suites.map((suite) => this.#parts.references(suite));
    if (ends.every((end) => end === null)) return this.#method(method)?.reference ?? null;
    if (ends.some((end) => end?.upper === method)) return 'upper';
    return ends.some((end) => end?.lower === method) ? 'lower' : null;
  }

  #method(id: string): MethodDescription | undefined {
    return this.#parts.methods.methods.get(id)?.method;
  }

  #gather(placed: readonly Placed[]): Gathered[] {
    const rows = new Map<
      string,
      { first: Placed; label: string; suites: Set<string>; settings: Gathered['settings']; differences: Set<string> }
    >();
    for (const one of placed) {
      const { cell, key, label } = one;
      const row = remembered(rows, key, () => ({
        first: one,
        label,
        suites: new Set(),
        settings: new Map(),
        differences: new Set(),
      }));
      if (one.superseded != null) row.differences.add(one.superseded);
      if (row.label === '') row.label = label;
      row.suites.add(cell.suite);
      if (!row.settings.has(cell.configuration)) row.settings.set(cell.configuration, cell.hyperParameters);
    }
    const published = new Map<string, Map<string, boolean>>();
    const isPublished = (suite: string, method: string): boolean =>
      remembered(
        remembered(published, suite, () => new Map<string, boolean>()),
        method,
        () => Object.keys(settingsFor(this.#parts.settings(suite), method)).length > 0,
      );
    return [...rows].map(([key, { first, label, suites, settings, differences }]) => {
      const { method } = first.cell;
      const known = this.#method(method);
      const imported = this.#imported(first.cell);
      return {
        key,
        method,
        title: known?.title ?? method,
        own: {
          ...first.own,
          ...(imported === null ? {} : { [originWords(imported)]: imported.name }),
        },
        // What a person calls it does not say where it comes from.
        label: label === '' || imported === null ? label : `${label}, ${originWords(imported)} ${imported.name}`,
        imported,
        superseded: differences.size === 0 ? null : [...differences].join('; '),
        isReplaced: first.isReplaced === true,
        reference: this.#reference(method, [...suites]),
        published: [...suites].every((suite) => isPublished(suite, method)),
        settings,
      };
    });
  }
}

/** A configuration on a suite, with its row and what a person calls it. */
interface Placed extends Placement {
  readonly label: string;
  readonly cell: Configured;
  /** See `board-cells.ts`; absent where nothing is said of versions. */
  readonly superseded?: string | null;
  readonly isReplaced?: boolean;
}

interface Gathered extends Nameable, Looking {
  /** Resolved ones by the name that they are stored under: suites may publish different ones for one row. */
  readonly settings: Map<string, HyperParameters>;
  readonly imported: ImportedRow | null;
  readonly superseded: string | null;
  readonly isReplaced: boolean;
}

const originWords = ({ checked }: ImportedRow): string =>
  checked ? 'imported from' : 'imported and not checked, from';

/**
 * Defaults with the published settings over them; `{}` when those do not parse any more, so that every value then
 * counts as own.
 */
export function usualSettings(method: MethodDescription, published: HyperParameters): Record<string, unknown> {
  const parsed = method.schema.safeParse(published);
  return parsed.success ? parsed.data : {};
}

function differences(values: HyperParameters, usual: Record<string, unknown>): HyperParameters {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => usual[name] === undefined || usual[name] !== value),
  );
}

/** Values that all share; where suites differ the words say so. */
function common(configurations: readonly HyperParameters[]): Record<string, number | string | boolean> {
  const [only, another] = configurations;
  if (only !== undefined && another === undefined) return { ...only };
  const names = new Set(configurations.flatMap((configuration) => Object.keys(configuration)));
  return Object.fromEntries(
    [...names].map((name) => {
      const values = [
        ...new Set(configurations.map((configuration) => configuration[name]).filter((value) => value !== undefined)),
      ];
      return [name, values.length === 1 && values[0] !== undefined ? values[0] : `by suite: ${values.join(', ')}`];
    }),
  );
}

import { COSTS, costText, isCounted, ROW_COSTS, TRIAL_COSTS } from '../../../src-main/metrics/cost-definitions.ts';
import { formatNumber, formatValue, unitSymbol } from '../../../src-main/metrics/format.ts';
import type { MethodInfo, MetricInfo, TrialDetail } from '../../../src-main/workbench/contract/contract.ts';
import { shownValue } from '../../../src-main/methods/field-text.ts';
import { formatMoment } from '../../app/format.ts';
import { barrierOf, flatten, type InterpolationPanel } from './trial-model.ts';

/** A trial as tables of facts. */

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** What it means, for who points at it. */
  readonly about?: string;
  readonly kind?: 'setting' | 'hash';
  /** The usual value of a setting that has another one. */
  readonly usual?: string;
  /** Which way is better. */
  readonly direction?: '↑' | '↓';
}

export interface ShownMetric {
  readonly id: string;
  readonly title: string;
  readonly formula: string;
  readonly value: string;
  readonly unit: string;
  readonly direction: 'higher' | 'lower' | 'none';
}

/** The suite's own metrics first, in its order: the first is the headline. */
export function shownMetrics(
  trial: Pick<TrialDetail, 'metrics'>,
  order: readonly string[],
  known: ReadonlyMap<string, Pick<MetricInfo, 'title' | 'formula' | 'unit' | 'direction'>>,
): readonly ShownMetric[] {
  const place = (id: string): number => {
    const at = order.indexOf(id);
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  return [...trial.metrics]
    .sort((a, b) => place(a.id) - place(b.id))
    .map(({ id, value }) => {
      const info = known.get(id);
      const unit = info?.unit ?? 'number';
      return {
        id,
        title: info?.title ?? id,
        formula: info?.formula ?? id,
        value: formatValue(value, unit),
        unit: unitSymbol(unit),
        direction: info?.direction ?? 'none',
      };
    });
}

/** Everything that is one number: metrics, barriers of the interpolations, and what the suite measured beside them. */
export function measuredFacts(
  metrics: readonly ShownMetric[],
  interpolations: readonly InterpolationPanel[],
  scalars: TrialDetail['scalars'],
): readonly Fact[] {
  const arrows = { higher: { direction: '↑' }, lower: { direction: '↓' }, none: {} } as const;
  return [
    ...metrics.map(({ title, formula, value, unit, direction }): Fact => ({
      label: title,
      about: formula,
      value: `${value} ${unit}`.trim(),
      ...arrows[direction],
    })),
    ...interpolations.flatMap((panel) =>
      barrierOf(panel).map(({ name, height, lambda }): Fact => ({
        label: `Barrier, ${panel.share ? 'accuracy' : 'loss'}, ${name}`,
        value:
          `${panel.share ? `${formatNumber(height * 100, 2)} %` : formatNumber(height, 3)} at λ ` +
          `${formatNumber(lambda, 2)}`,
      })),
    ),
    ...Object.entries(scalars).map(([name, value]): Fact => ({
      label: name,
      value: value === null ? 'not finite' : formatNumber(value, 4),
    })),
  ];
}

export function settingFacts(
  trial: Pick<TrialDetail, 'spec'>,
  method:
    | {
        readonly fields: readonly Pick<
          MethodInfo['fields'][number],
          'name' | 'default' | 'defaultMeans' | 'description'
        >[];
      }
    | undefined,
): readonly Fact[] {
  return Object.entries(trial.spec.hyperParameters).map(([name, value]) => {
    const field = method?.fields.find((each) => each.name === name);
    return {
      label: name,
      value: shownValue(field, value),
      kind: 'setting',
      ...(field === undefined ? {} : { about: field.description }),
      ...(field === undefined || field.default === value ? {} : { usual: shownValue(field, field.default) }),
    };
  });
}

export function costFacts(trial: Pick<TrialDetail, 'cost' | 'seconds' | 'spec'>): readonly Fact[] {
  const { cost, spec } = trial;
  if (cost === null) return [];
  return [...ROW_COSTS, ...TRIAL_COSTS].map((name) => ({
    label: name === 'seconds' && usesOthers(trial) ? 'Time, with what it was made of' : COSTS[name].title,
    value: costText(name, isCounted(name, spec.backend) ? cost[name] : null),
    about: COSTS[name].formula,
  }));
}

/** Whether its cost includes trials whose artefacts it used. */
export const usesOthers = ({ cost, seconds }: Pick<TrialDetail, 'cost' | 'seconds'>): boolean =>
  cost !== null && seconds !== null && cost.seconds > seconds;

export function environmentFacts(
  trial: Pick<TrialDetail, 'id' | 'spec' | 'environment' | 'startedAt' | 'protocolHash' | 'datasetHash'>,
): readonly Fact[] {
  return [
    { label: 'backend', value: trial.spec.backend },
    ...flatten(trial.environment).filter(({ label }) => label !== 'backend'),
    ...(trial.startedAt === null ? [] : [{ label: 'started', value: formatMoment(trial.startedAt) }]),
    { label: 'protocol', value: trial.protocolHash, kind: 'hash' },
    { label: 'data', value: trial.datasetHash, kind: 'hash' },
    { label: 'trial', value: trial.id, kind: 'hash' },
  ];
}

/**
 * Where a trial that was not computed here comes from, and whether its numbers could be computed again from what the
 * file holds.
 */
export function originSentence({ imported }: Pick<TrialDetail, 'imported'>): string | null {
  if (imported === null) return null;
  const { name, program, exportedAt, importedAt, checked } = imported;
  const from =
    `Imported on ${formatMoment(importedAt)} from “${name}”, which Touchstone ${program} wrote on ` +
    `${formatMoment(exportedAt)}.`;
  return checked
    ? `${from} Its metrics follow from the answers in that file.`
    : `${from} Not checked: that file holds too little to compute its metrics again, so it is never ranked.`;
}

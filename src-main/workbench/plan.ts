import { touchstoneCommand } from '../base/command-line.ts';
import type { HyperParameters, MethodDescription } from '../methods/contract.ts';
import { resolveHyperParameters } from '../methods/hyper-parameters.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { canonicalJson } from '../base/canonical.ts';
import { remembered } from '../base/remembered.ts';
import { Slices } from '../base/slices.ts';
import { protocolHash } from '../suites/published.ts';
import { sourceOf, trialId } from '../results/identity.ts';
import type { TrialIdentity } from '../results/identity.ts';
import type { PlannedTrial, TrialRole } from '../results/types.ts';
import type { SuiteDescription } from '../suites/contract.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { StudyRequest } from './contract/contract.ts';
import { settingsFor } from './settings.ts';
import type { PublishedSettings } from './settings.ts';

export interface PlanParts {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  settings(suite: string): PublishedSettings;
  /** SHA-256 of a dataset, or null when it is not here. */
  sha256(dataset: string): Promise<string | null>;
  /** Called between pieces of the work, with the trials so far; may reject to end it. */
  onProgress?(trials: number): void;
}

export interface Refusal {
  readonly suite: string;
  readonly method: string;
  readonly kind: 'data' | 'refused';
  readonly reason: string;
}

export interface Plan {
  /** Artefact trials before those that need them; every trial once. */
  readonly trials: readonly PlannedTrial[];
  /** Pairs that are left out; `kind` is that of the error where nothing else is left: `data` where a dataset is absent. */
  readonly refused: readonly Refusal[];
  readonly warnings: readonly string[];
}

const FEW_SEEDS = 5;

/**
 * The trials of a study: suites × methods × seeds with resolved hyper-parameters, the references, and the artefact trials that they
 * need, by content address. Combinations that make no sense are refused with the reason; unknown names and values out of range throw.
 */
export async function planStudy(
  request: StudyRequest,
  backend: { name: string; numerics: string },
  parts: PlanParts,
): Promise<Plan> {
  const trials = new Map<string, PlannedTrial>();
  const slices = new Slices();
  const protocols = new Map<string, string>();
  const refused: Refusal[] = [];
  const warnings: string[] = [];
  const data = new Map<string, Promise<string | null>>();
  const sha256 = (dataset: string): Promise<string | null> => {
    const known = data.get(dataset) ?? parts.sha256(dataset);
    data.set(dataset, known);
    return known;
  };

  const identify = async (
    suite: SuiteDescription,
    method: MethodDescription,
    hyperParameters: HyperParameters,
    seed: number,
    artefacts: readonly string[],
  ): Promise<TrialIdentity> => {
    const hashes = await Promise.all(
      suite.datasets.map(async (dataset) => {
        const hash = await sha256(dataset);
        if (hash === null) throw missing(suite.id, [dataset]);
        return hash;
      }),
    );
    return {
      suite: suite.id,
      suiteVersion: suite.version,
      protocolHash: remembered(protocols, suite.id, () => protocolHash(suite)),
      data: hashes,
      method: method.id,
      methodVersion: method.version,
      hyperParameters,
      seed,
      backend: backend.name,
      numerics: backend.numerics,
      sourceHash: sourceOf(
        method.source,
        artefacts.map((id) => trials.get(id)?.identity.sourceHash ?? null),
      ),
    };
  };

  const add = async (
    suite: SuiteDescription,
    method: MethodDescription,
    own: HyperParameters,
    seed: number,
    role: TrialRole,
    label: string,
    above: readonly string[],
  ): Promise<string> => {
    const hyperParameters = resolveHyperParameters(method, own, settingsFor(parts.settings(suite.id), method.id));
    const asked = canonicalJson([suite.id, method.id, hyperParameters, seed]);
    if (above.includes(asked))
      throw new WorkbenchError({
        kind: 'internal',
        message: `${method.title} asks for an artefact of itself.`,
        remedy: 'Correct artefacts() of the method.',
        details: above.join(' → '),
      });
    const needs: Record<string, string> = {};
    for (const wanted of (await method.artefacts?.(suite.facts, hyperParameters, seed)) ?? []) {
      needs[wanted.name] = await add(
        parts.suites.get(wanted.suite),
        parts.methods.get(wanted.method),
        wanted.hyperParameters,
        wanted.seed,
        'artefact',
        '',
        [...above, asked],
      );
    }
    const identity = await identify(suite, method, hyperParameters, seed, Object.values(needs));
    const id = trialId(identity);
    const known = trials.get(id);
    // A trial may be both a cell and an artefact of others: then the grid shows it.
    if (known === undefined) trials.set(id, { id, identity, role, label, needs });
    else if (known.role === 'artefact' && role === 'cell') trials.set(id, { ...known, role, label });
    return id;
  };

  for (const suiteId of new Set(request.suites)) {
    const suite = parts.suites.get(suiteId);
    const absent: string[] = [];
    for (const dataset of suite.datasets) if ((await sha256(dataset)) === null) absent.push(dataset);
    const wanted = request.methods.map(({ method, label, hyperParameters }) => ({
      method: parts.methods.get(method),
      label: label ?? '',
      own: hyperParameters,
      reference: false,
    }));
    if (request.references) {
      for (const id of [suite.references.lower, suite.references.upper]) {
        const registered = parts.methods.methods.get(id);
        if (registered === undefined) warnings.push(`The reference "${id}" of ${suite.id} is not there yet.`);
        else wanted.push({ method: registered.method, label: '', own: {}, reference: true });
      }
    }
    for (const { method, label, own, reference } of wanted) {
      const verdict =
        absent.length > 0
          ? missing(suite.id, absent).message
          : method.hidden === true && !reference
            ? `${method.title} only makes artefacts for other methods.`
            : method.fits(suite.facts);
      if (verdict !== true) {
        // Values are checked even where the pair is refused: a typing error should not hide behind it.
        resolveHyperParameters(method, own);
        if (!reference) {
          const kind = absent.length > 0 ? 'data' : 'refused';
          refused.push({ suite: suite.id, method: method.id, kind, reason: verdict });
        }
        continue;
      }
      for (const seed of new Set(request.seeds)) {
        await add(suite, method, own, seed, 'cell', label, []);
        if (!slices.isOver) continue;
        await slices.pause();
        parts.onProgress?.(trials.size);
      }
    }
  }
  const seeds = new Set(request.seeds).size;
  if (seeds < FEW_SEEDS)
    warnings.push(`${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: below ${FEW_SEEDS} no mark of significance is given.`);
  return { trials: await dependenciesFirst(trials, slices), refused, warnings };
}

async function dependenciesFirst(trials: ReadonlyMap<string, PlannedTrial>, slices: Slices): Promise<PlannedTrial[]> {
  const placed = new Set<string>();
  const ordered: PlannedTrial[] = [];
  const place = (trial: PlannedTrial): void => {
    if (placed.has(trial.id)) return;
    placed.add(trial.id);
    for (const needed of Object.values(trial.needs)) {
      const other = trials.get(needed);
      if (other !== undefined) place(other);
    }
    ordered.push(trial);
  };
  for (const trial of trials.values()) {
    place(trial);
    if (slices.isOver) await slices.pause();
  }
  return ordered;
}

export function missing(suite: string, datasets: readonly string[]): WorkbenchError {
  const names = datasets.join(', ');
  return new WorkbenchError({
    kind: 'data',
    message: `The suite ${suite} needs the data ${datasets.length === 1 ? 'set' : 'sets'} ${names}, not here yet.`,
    remedy: `Get it with \`${touchstoneCommand('data', 'get', datasets[0] ?? '')}\` or import it from a folder.`,
    details: null,
  });
}

import { basename } from 'node:path';
import type { Dataset } from '../datasets/types.ts';
import { NATIVE } from '../engine/types.ts';
import type { Engine } from '../engine/types.ts';
import type { HyperParameters, Method } from '../methods/contract.ts';
import { resolveHyperParameters } from '../methods/hyper-parameters.ts';
import { artefactReference, identityDifferences, trialId, trialIn } from '../results/identity.ts';
import type { TrialIdentity } from '../results/identity.ts';
import { protocolHash } from '../suites/published.ts';
import type { Suite } from '../suites/contract.ts';
import type { TrialOrder } from './messages.ts';

/** What would be computed is not what the trial was asked for: nothing is run, for its id would say what it is not. */
export class ChangedSinceAskedError extends Error {
  override readonly name = 'ChangedSinceAskedError';
}

/** What a worker has to run an order with. */
export interface Runnable {
  readonly suite: Suite;
  readonly method: Method;
  readonly engine: Pick<Engine, 'backend' | 'numerics'>;
}

/**
 * Compares what an order asks for with what would be computed, but for the data, which `checkedDataset` looks at when
 * they are opened. Answers the hyper-parameters as the method reads them. Throws ChangedSinceAskedError, naming every
 * field that differs.
 */
export function checkOrder(order: TrialOrder, { suite, method, engine }: Runnable): HyperParameters {
  const asked = order.identity;
  const hyperParameters = resolveHyperParameters(method, asked.hyperParameters);
  if (!order.isKept) return hyperParameters;
  if (trialId(asked) !== order.trial)
    throw refused(order, ['its id, which does not follow from what it says of itself']);
  const wanted = method.trials?.(suite.facts, hyperParameters, asked.seed) ?? [];
  const here: TrialIdentity = {
    suite: suite.id,
    suiteVersion: suite.version,
    protocolHash: protocolHash(suite),
    data: asked.data,
    method: method.id,
    methodVersion: method.version,
    sourceHash: method.source ?? null,
    driver: method.driver,
    hyperParameters,
    seed: asked.seed,
    fold: foldOf(suite, asked.fold),
    backend: method.native === undefined ? engine.backend : NATIVE,
    numerics: method.native?.numerics ?? engine.numerics,
    artefacts: Object.fromEntries(
      wanted.map(({ name, artefact }) => [
        name,
        artefactReference(trialIn(asked.artefacts[name] ?? 'of no trial'), artefact),
      ]),
    ),
  };
  const differences = identityDifferences(asked, here);
  if (differences.length > 0)
    throw refused(
      order,
      differences.map(({ what, first, second }) => `${what} (asked for ${first}, now ${second})`),
    );
  return hyperParameters;
}

/** The fold that is asked for, where the suite has it; else what it would take instead. */
function foldOf({ facts: { folds } }: Suite, asked: number | null): number | null {
  if (folds === 1) return null;
  return asked !== null && asked >= 0 && asked < folds ? asked : 0;
}

/** The data set as the order asks for it. Throws ChangedSinceAskedError where it is another one now. */
export function checkedDataset(order: TrialOrder, suite: Suite, dataset: Dataset): Dataset {
  const place = suite.datasets.indexOf(dataset.id);
  const asked = order.identity.data[place];
  if (!order.isKept || place < 0 || asked === dataset.sha256) return dataset;
  throw refused(order, [
    `data of ${dataset.id} (asked for ${asked?.slice(0, 12) ?? 'none'}, now ${dataset.sha256.slice(0, 12)})`,
  ]);
}

function refused({ own }: TrialOrder, differing: readonly string[]): ChangedSinceAskedError {
  const files = [own.method, own.suite].flatMap((file) => (file === null ? [] : [basename(file)]));
  const whose = files.length === 0 ? '' : ` Your ${files.length === 1 ? 'file' : 'files'}: ${files.join(', ')}.`;
  return new ChangedSinceAskedError(
    `This trial is no longer what it was asked as. Changed since: ${differing.join('; ')}.${whose} Nothing was run.`,
  );
}

import { randomUUID } from 'node:crypto';
import { inSlices, Slices } from '../base/slices.ts';
import type { ResultsStore } from '../results/store.ts';
import type { Broadcast } from './broadcast.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { StudyRequest } from './contract/contract.ts';
import type { News } from './news.ts';
import type { Plan } from './plan.ts';
import type { Planning } from './planning.ts';

export interface PlannedStudyParts {
  readonly store: ResultsStore;
  readonly planning: Planning;
  readonly broadcast: Broadcast;
  readonly news: Pick<News, 'study'>;
  readonly now: () => number;
}

/** Trials that are stored or queued at once, between two looks at what else is to do. */
export const PIECE = 200;
/** A study that is planned sooner than this needs no progress. */
const TELL_AFTER_MS = 500;

/**
 * Plans a study and stores it with its trials, in pieces between which the process answers others. Meanwhile its intent
 * is 'plan': no trial of it starts, and a Workbench that finds it so at its start removes it. Where anything fails, or
 * somebody cancels or deletes it, nothing of it stays. Throws WorkbenchError.
 */
export async function plannedStudy(
  request: StudyRequest,
  parts: PlannedStudyParts,
): Promise<{ id: string; plan: Plan }> {
  const { store, planning, now } = parts;
  const id = randomUUID();
  const createdAt = now();
  const tell = progressOf(id, request, parts);
  const check = (): void => {
    if (store.study(id)?.intent !== 'plan')
      throw new WorkbenchError({
        kind: 'cancelled',
        message: `The study "${request.name}" was cancelled while it was planned.`,
        remedy: null,
        details: null,
      });
  };
  let begun = false;
  try {
    const { plan } = await planning.planned(
      request,
      request.suites.length * request.methods.length * request.seeds.length,
      {
        onBackend(backend) {
          const asked = JSON.stringify(request);
          store.beginStudy({
            id,
            name: request.name,
            intent: 'plan',
            request: asked,
            backend,
            createdAt,
            finishedAt: null,
          });
          begun = true;
          // Every list shows it from now on, as being planned.
          parts.news.study(id);
        },
        onProgress(trials) {
          check();
          tell('planned', trials, null);
        },
      },
    );
    refuseNothing(plan, request);
    const slices = new Slices();
    for (let from = 0; from < plan.trials.length; from += PIECE) {
      if (slices.isOver) {
        await slices.pause();
        tell('stored', from, plan.trials.length);
      }
      check();
      store.addToStudy(id, plan.trials.slice(from, from + PIECE), createdAt, from);
    }
    check();
    return { id, plan };
  } catch (error) {
    if (begun) await removePlanned(id, parts).catch(() => undefined);
    throw error;
  }
}

/** Takes a study that was never planned, or imported, to its end off the list, with the trials that only it holds. */
export async function removePlanned(
  id: string,
  { store, broadcast }: Pick<PlannedStudyParts, 'store' | 'broadcast'>,
): Promise<void> {
  const study = store.study(id);
  if (study !== null) {
    store.setStudy(id, { intent: 'plan' });
    await inSlices(store.deleteStudy(id, study.origin != null));
  }
  broadcast.tell({ kind: 'study-deleted', id });
}

function progressOf(
  study: string,
  { name }: StudyRequest,
  { broadcast }: PlannedStudyParts,
): (what: 'planned' | 'stored', trials: number, total: number | null) => void {
  let told = performance.now();
  return (what, trials, total) => {
    if (performance.now() - told < TELL_AFTER_MS) return;
    told = performance.now();
    broadcast.tell({ kind: 'planning', study, name, what, trials, total });
  };
}

/** Throws where a plan holds nothing of what was asked for, with the reasons. */
export function refuseNothing(plan: Plan, request: StudyRequest): void {
  const asked = plan.trials.some(
    ({ role, identity }) => role === 'cell' && request.methods.some(({ method }) => method === identity.method),
  );
  const [first] = plan.refused;
  if (asked || first === undefined) return;
  const absent = first.kind === 'data';
  throw new WorkbenchError({
    kind: first.kind,
    message:
      plan.refused.length === 1
        ? `${first.method} on ${first.suite}: ${first.reason}`
        : 'Nothing to run. ' +
          `${plan.refused.map(({ suite, method, reason }) => `${method} on ${suite}: ${reason}`).join(' ')}`,
    remedy: absent
      ? 'See `touchstone data list`, then `touchstone data get <id>` or `touchstone data import <id> <folder>`.'
      : 'Choose other methods or suites.',
    details: null,
  });
}

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { checkedMethod } from '../methods/checked.ts';
import type { Method, SuiteFacts } from '../methods/contract.ts';
import { suitesOf } from '../suites/checked.ts';
import { tensorMergeFacts } from './messages.ts';
import type { MethodAnswer, FromProcess, Question, SuitesAnswer } from './messages.ts';
import './index.ts';
import { importOwn } from './module.ts';
import type { OwnModule } from './module.ts';
import { schemaOf } from './schema.ts';

// Forked by `OwnProcess` as: host.ts <file>. Nothing but plain data leaves it, and it may be lost at any moment: the
// file may do anything.
const [, , file] = process.argv;
if (file === undefined || process.send === undefined) {
  process.stderr.write('This looks at a file of your own; the Workbench starts it: host.ts <file>.\n');
  process.exit(2);
}

process.once('disconnect', () => process.exit(0));
let loading: Promise<OwnModule> | null = null;
process.on('message', (question: Question) => {
  loading ??= importOwn(file);
  void loading
    .then((module) =>
      send({ kind: 'answer', answer: { files: module.files, hash: module.hash, ...answer(module, question) } }),
    )
    .catch((error: unknown) =>
      send({ kind: 'refused', message: error instanceof Error ? error.message : String(error) }),
    );
});
send({ kind: 'begun' });

function answer({ exports }: OwnModule, question: Question): Record<string, unknown> {
  switch (question.kind) {
    case 'method':
      return { method: methodOf(checkedMethod(exports), question.suites) };
    case 'suites':
      return { suites: headersOf(exports) };
    case 'trials': {
      const { suite, hyperParameters, seed } = question;
      return { trials: checkedMethod(exports).trials?.(suite, hyperParameters, seed) ?? [] };
    }
  }
}

function methodOf(method: Method, suites: readonly SuiteFacts[]): MethodAnswer['method'] {
  const {
    id,
    version,
    driver,
    title,
    summary,
    family,
    protocol,
    paper,
    asks,
    measures,
    reference,
    hidden,
    tensorMerge,
  } = method;
  const fields = { ...z.toJSONSchema(method.schema, { io: 'input' }) };
  // What cannot be said as data would be filled in differently where the study is planned and where it runs.
  if (!isDeepStrictEqual(schemaOf(fields).parse({}), method.schema.parse({})))
    throw new Error('its fields are more than numbers, texts, choices and switches with a default; write them as such');
  return {
    id,
    version,
    driver,
    title,
    summary,
    family,
    protocol,
    paper,
    asks: [...asks],
    ...(measures === undefined ? {} : { measures: [...measures] }),
    ...(reference === undefined ? {} : { reference }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(tensorMerge === undefined ? {} : { tensorMerge: tensorMergeFacts.parse(tensorMerge) }),
    fields: z.record(z.string(), z.json()).parse(fields),
    hasTrials: method.trials !== undefined,
    fits: Object.fromEntries(suites.map((suite) => [suite.id, method.fits(suite)])),
  };
}

/** `open` stays here. */
function headersOf(exports: unknown): SuitesAnswer['suites'] {
  const suites = suitesOf(exports);
  if (suites.length === 0) throw new Error('it exports no suite; write `export const suites = [ … ]`');
  return JSON.parse(JSON.stringify(suites));
}

function send(message: FromProcess): void {
  process.send?.(message);
}

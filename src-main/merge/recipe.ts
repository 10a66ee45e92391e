import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { inputSentences } from '../base/input-words.ts';
import { onFile } from '../checkpoints/checkpoint.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { mergeRecipe, modelOf } from './request.ts';
import type { MergeRecipe } from './request.ts';

const LARGEST_RECIPE = 2 ** 20;
const MOST_ALIASES = 100;

/**
 * A recipe, YAML (`.yaml`, `.yml`) or JSON, with its paths seen from its own folder.
 *
 * @throws CheckpointError that says what is wrong and where.
 */
export async function readRecipe(file: string): Promise<MergeRecipe> {
  if (onFile(file, () => statSync(file)).size > LARGEST_RECIPE)
    throw new CheckpointError(`${file} is too large for a recipe.`);
  const text = onFile(file, () => readFileSync(file, 'utf8'));
  const parsed = mergeRecipe.safeParse(await valueOf(file, text));
  if (!parsed.success) throw new CheckpointError(`${file}: ${inputSentences(parsed.error)}`, SHAPE);
  const names = new Set(parsed.data.steps.flatMap(({ name }) => name ?? []));
  const seen = (path: string): string => (names.has(path) ? path : resolve(dirname(file), path));
  const { output } = parsed.data;
  return {
    ...parsed.data,
    ...(output === undefined ? {} : { output: resolve(dirname(file), output) }),
    steps: parsed.data.steps.map((step) => ({
      ...step,
      ...(step.base === undefined ? {} : { base: seen(step.base) }),
      models: step.models.map((model) => {
        const { file: path, weight } = modelOf(model);
        return weight === undefined ? seen(path) : { file: seen(path), weight };
      }),
    })),
  };
}

const SHAPE =
  'A recipe has `steps`, each with `method`, `models` and what else `touchstone merge` takes: docs/merge.md.';

async function valueOf(file: string, text: string): Promise<unknown> {
  const wrong = (what: string, error: unknown): CheckpointError =>
    new CheckpointError(`${file} is no ${what}: ${error instanceof Error ? error.message : String(error)}`, SHAPE, {
      cause: error,
    });
  if (/\.ya?ml$/i.test(file)) {
    const { parse } = await import('yaml');
    try {
      const value: unknown = parse(text, { maxAliasCount: MOST_ALIASES, prettyErrors: true });
      return value;
    } catch (error) {
      throw wrong('YAML', error);
    }
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong('JSON', error);
  }
}

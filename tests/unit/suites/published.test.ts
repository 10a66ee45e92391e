import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { protocolHash } from '../../../src-main/suites/published.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';

const FILE = join(import.meta.dirname, '../../fixtures/suites/protocol-hashes.json');
const golden: Record<string, string> = JSON.parse(readFileSync(FILE, 'utf8'));

describe('the protocol hash', () => {
  test(
    'of every suite that ships is what it was: change the terms in suites/published.ts, or raise the ' +
      'version of the suite',
    async () => {
      const { suites } = await loadSuites();
      const now = new Map([...suites].map(([id, suite]) => [id, protocolHash(suite)]));
      const changed = Object.entries(golden).filter(([id, hash]) => now.get(id) !== hash);
      expect(changed.map(([id]) => id)).toEqual([]);
      // A new suite is added to the file with its hash.
      expect([...now].filter(([id]) => golden[id] === undefined).map(([id, hash]) => `"${id}": "${hash}"`)).toEqual([]);
    },
  );

  const SETTINGS = { input: 4, hidden: [3], outputs: 2, init: 'torch-default' } as const;
  const suite = {
    id: 's',
    version: 1,
    facts: {
      id: 's',
      kind: 'rows',
      family: 'training',
      scenario: 'iid',
      network: mlp(SETTINGS),
      tasks: 1,
      target: 'classes',
      classes: 2,
      online: false,
      folds: 1,
      grants: [],
    },
    datasets: ['d'],
    network: mlp(SETTINGS),
    budget: { epochs: 1, batchSize: 8, optimiser: { kind: 'sgd', lr: 0.1 } },
    protocol: { p: 1 },
  } as const;

  test('does not change with fields that are ours and say nothing of the protocol', () => {
    const wider = { ...suite, facts: { ...suite.facts, folder: 'x' }, network: { ...suite.network, cached: true } };
    expect(protocolHash(wider)).toBe(protocolHash(suite));
  });

  test('changes with everything that the protocol says, and with the file of an own suite', () => {
    const others = [
      { ...suite, version: 2 },
      { ...suite, datasets: ['e'] },
      { ...suite, network: mlp({ ...SETTINGS, hidden: [4] }) },
      { ...suite, network: mlp({ ...SETTINGS, dropout: 0.5 }) },
      { ...suite, budget: { ...suite.budget, epochs: 2 } },
      { ...suite, budget: { ...suite.budget, optimiser: { kind: 'sgd', lr: 0.1, momentum: 0.9 } as const } },
      { ...suite, protocol: { p: 2 } },
      { ...suite, source: 'f'.repeat(64) },
    ];
    expect(new Set([suite, ...others].map((one) => protocolHash(one))).size).toBe(others.length + 1);
  });
});

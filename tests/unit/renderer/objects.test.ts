import { describe, expect, test, vi } from 'vitest';
import { objectCommands } from '../../../src-renderer/stores/objects.ts';

const parts = () => {
  const push = vi.fn();
  const trial = (id: string, seed: number) => ({
    id,
    row: 'ewc@1',
    spec: { suite: 'mnist', method: 'ewc', hyperParameters: {}, seed, fold: null, backend: 'b' },
  });
  const study = { id: 's1', name: 'My study', state: 'done' as const };
  return {
    push,
    parts: {
      router: { push },
      catalogue: {
        methods: [{ id: 'derpp', title: 'Dark experience replay (DER++)' }],
        suites: [{ id: 'split-mnist/class-il', title: 'Split MNIST' }],
        datasets: [{ id: 'mnist', title: 'MNIST' }],
        suiteTitle: () => 'Split MNIST',
      },
      studies: {
        list: [study],
        details: new Map([
          [
            's1',
            {
              ...study,
              configurations: [{ key: 'ewc@1', name: 'EWC, lambda 5' }],
              trials: Array.from({ length: 30 }, (_, seed) => trial(`abc${seed}`.padEnd(64, '0'), seed)),
            },
          ],
        ]),
      },
    },
  };
};
const offered = (typed: string): { commands: ReturnType<typeof objectCommands>; push: ReturnType<typeof vi.fn> } => {
  const { parts: given, push } = parts();
  const commands = objectCommands(typed, given);
  return { commands, push };
};

describe('the palette', () => {
  test('knows studies, methods, suites and data sets', () => {
    const { commands, push } = offered('');
    expect(commands.map(({ title }) => title)).toEqual([
      'My study',
      'Dark experience replay (DER++)',
      'Split MNIST',
      'MNIST',
    ]);
    for (const { run } of commands) run();
    expect(push.mock.calls.flat()).toEqual([
      '/study/s1',
      '/methods/derpp',
      '/leaderboard?suites=split-mnist%2Fclass-il',
      '/data',
    ]);
  });

  test('finds trials by name and seed, a few at a time, and any by the start of its id', () => {
    const titles = offered('ewc seed 7').commands.map(({ title }) => title);
    expect(titles).toContain('EWC, lambda 5, seed 7 on Split MNIST');
    expect(titles).not.toContain('EWC, lambda 5, seed 8 on Split MNIST');
    expect(offered('ewc').commands.filter(({ hint }) => hint?.startsWith('trial')).length).toBe(12);
    // The others are counted, not left out unsaid.
    expect(offered('ewc').commands.at(-1)?.title).toMatch(/^\d+ more trials match: type on/);
    const { commands, push } = offered('0123456789');
    commands.at(-1)?.run();
    expect(push).toHaveBeenCalledWith('/trial/0123456789');
  });
});

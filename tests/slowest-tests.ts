import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 10;

/** Prints the slowest tests at the end of a run, so that a test that grows slow is seen when it does. */
export default class SlowestTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules
      .flatMap((module) =>
        [...module.children.allTests()].map((test) => ({
          seconds: (test.diagnostic()?.duration ?? 0) / 1000,
          name: `${module.relativeModuleId}: ${test.fullName}`,
        })),
      )
      .sort((first, second) => second.seconds - first.seconds)
      .slice(0, SHOWN);
    // One test, or a few, is somebody's own look at them.
    if (tests.length < SHOWN) return;
    console.log(`\n The ${SHOWN} slowest tests\n${tests.map(line).join('\n')}\n`);
  }
}

const line = ({ seconds, name }: { seconds: number; name: string }): string =>
  `${seconds.toFixed(1).padStart(7)} s  ${name}`;

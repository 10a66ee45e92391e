import { describe, expect, test } from 'vitest';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import { jsonReport, parseReportJson } from '../../../src-main/reports/json.ts';
import { verifyReport } from '../../../src-main/reports/verify.ts';
import { sampleReport } from './sample.ts';

const report = sampleReport();
const text = jsonReport(report);
interface Editable {
  version: number;
  trials: [first: EditableTrial, second: EditableTrial, ...others: EditableTrial[]];
}
interface EditableTrial {
  seed?: number;
  surprise?: number;
  cost: { inferenceFlops?: number };
  primitives: { probabilities: { test: { values: string; labels: string; classes: number } } };
}
const edited = (change: (json: Editable) => void): string => {
  const json: Editable = JSON.parse(text);
  change(json);
  return JSON.stringify(json);
};

describe('out and in again', () => {
  const back = parseReportJson(text);
  test('study, suites and every trial are the same, bit for bit', () => {
    expect(back.trials).toStrictEqual(report.trials);
    expect(back.study).toStrictEqual(report.study);
    expect(back.suites).toStrictEqual(report.suites);
  });
  test('probabilities keep their 32 bits; what JSON lacks survives', () => {
    const [first] = back.trials;
    expect(first?.primitives?.probabilities['test']?.values).toEqual(
      report.trials[0]?.primitives?.probabilities['test']?.values,
    );
    expect(first?.primitives?.probabilities['test']?.values[2]).toBe(Math.fround(1 / 3));
    expect(first?.primitives?.scalars['diverged']).toBeNaN();
  });
  test('metrics can be taken again from what came back', () => {
    for (const { primitives, metrics } of back.trials)
      expect(primitives && computeMetrics(primitives)).toEqual(metrics);
  });
  test('a failed trial comes through', () => {
    const [first, ...rest] = report.trials;
    if (first === undefined) throw new Error('the sample has trials');
    const failed = {
      ...first,
      state: 'failed',
      primitives: null,
      cost: null,
      environment: null,
      headline: null,
      metrics: {},
      failure: { kind: 'crash', message: 'killed' },
    };
    expect(parseReportJson(jsonReport({ ...report, trials: [failed, ...rest] })).trials[0]).toStrictEqual(failed);
  });
  test('what an older program was told in place of counting it is not counted', () => {
    const older = edited(({ trials }) => {
      for (const { cost } of trials) delete cost.inferenceFlops;
    });
    const [first] = parseReportJson(older).trials;
    expect(first?.cost).toEqual({
      ...report.trials[0]?.cost,
      bytesStored: null,
      parameters: null,
      inferenceFlops: null,
    });
  });
  test('the text is the same for the same input', () => expect(jsonReport(sampleReport())).toBe(text));
});

describe('refused with what is wrong and what to do', () => {
  test.each([
    ['cut off', text.slice(0, -40), /not JSON.*copy it again/],
    ['another JSON', '{"a":1}', /no Touchstone report/],
    [
      'a newer format',
      edited((json) => {
        json.version = 9;
      }),
      /format version 9.*Update/,
    ],
    [
      'a field too many',
      edited((json) => {
        json.trials[0].surprise = 1;
      }),
      /damaged.*surprise/,
    ],
    [
      'a field missing',
      edited((json) => {
        delete json.trials[1].seed;
      }),
      /damaged.*trials\.1\.seed/,
    ],
    [
      'broken base64',
      edited((json) => {
        json.trials[0].primitives.probabilities.test.values = '!!!!';
      }),
      /base64/,
    ],
    [
      'lengths that do not fit',
      edited((json) => {
        json.trials[0].primitives.probabilities.test.classes = 3;
      }),
      /do not fit/,
    ],
    [
      'labels out of range',
      edited((json) => {
        json.trials[0].primitives.probabilities.test.labels = Buffer.from(Int32Array.from([1, 7]).buffer).toString(
          'base64',
        );
      }),
      /out of range/,
    ],
    [
      'a trial twice',
      edited((json) => {
        json.trials[1] = json.trials[0];
      }),
      /twice/,
    ],
  ])('%s', (_, broken, message) => expect(() => parseReportJson(broken)).toThrow(message));
});

describe('statistics in place of the answers', () => {
  const small = jsonReport(report, 'statistics');
  const changed = (change: (statistics: EditableStatistics) => void): string => {
    const json: { trials: { primitives: { statistics: { test: EditableStatistics } } }[] } = JSON.parse(small);
    const [first] = json.trials;
    if (first === undefined) throw new Error('the sample has trials');
    change(first.primitives.statistics.test);
    return JSON.stringify(json);
  };
  interface EditableStatistics {
    samples: number;
    counts: number[][];
    logLoss: number;
    bins: { equalWidth: [number, number, number][] };
  }

  test('no answer is in the file, and every metric can be taken again from it', () => {
    const { trials } = parseReportJson(small);
    expect(trials).toHaveLength(report.trials.length);
    trials.forEach(({ primitives, metrics }, at) => {
      expect(primitives?.probabilities).toEqual({});
      expect(Object.keys(primitives?.statistics ?? {})).toEqual(['test']);
      expect(primitives && computeMetrics(primitives)).toEqual(report.trials[at]?.metrics);
      expect(metrics).toEqual(report.trials[at]?.metrics);
    });
  });
  test('what does not add up is refused', () => {
    expect(() => parseReportJson(changed((given) => given.samples++))).toThrow(/do not add up/);
    expect(() => parseReportJson(changed(({ counts }) => counts.pop()))).toThrow(/do not add up/);
    expect(() => parseReportJson(changed(({ bins }) => (bins.equalWidth[0] = [9, 0, 0])))).toThrow(/do not add up/);
  });
  test('metrics that do not follow from the statistics contradict them', () => {
    const told = changed((given) => (given.logLoss /= 2));
    const check = () => [...verifyReport(parseReportJson(told), () => null)];
    expect(check).toThrow(/does not fit the trial's id|nll\.test of trial .* what the trial measured gives/);
  });
});

describe('what a report does not say', () => {
  const unsaid = edited((json) => {
    for (const one of json.trials) Object.assign(one, { methodVersion: null, protocolHash: null, cost: null });
  });
  test('is null, and what it does say is read', () => {
    const [first] = parseReportJson(unsaid).trials;
    expect(first).toMatchObject({ methodVersion: null, protocolHash: null, cost: null, seed: 0 });
  });
  test('keeps it from being taken up, with what is missing', () => {
    const take = () => [...verifyReport(parseReportJson(unsaid), () => null)];
    expect(take).toThrow(/does not say the protocolHash, methodVersion, cost of trial .* Nothing was imported/);
  });
});

import { expect, it } from 'vitest';
import { withPrinting } from '../../../src-main/electron/print-relay.ts';
import type { RelayTarget } from '../../../src-main/electron/relay.ts';

function workbench() {
  const asked: unknown[] = [];
  const target: RelayTarget = {
    request: (operation, input) => {
      asked.push([operation, input]);
      const { formats } = Object(input) as { formats?: string[] };
      return Promise.resolve({
        files: (formats ?? []).map((format) => ({ name: `r-1.${format}`, mime: 'm', text: format, encoding: 'utf8' })),
      });
    },
  };
  return { target, asked };
}

it('a PDF is printed from the page that the Workbench makes for paper, other formats are the Workbench’s', async () => {
  const { target, asked } = workbench();
  const printed: string[] = [];
  const relay = withPrinting(target, (html) => {
    printed.push(html);
    return Promise.resolve(Buffer.from('%PDF-1'));
  });
  const answer = await relay.request('report.make', { study: 's', formats: ['csv', 'pdf'] });
  expect(answer).toEqual({
    files: [
      { name: 'r-1.csv', mime: 'm', text: 'csv', encoding: 'utf8' },
      { name: 'r-1.pdf', mime: 'application/pdf', text: Buffer.from('%PDF-1').toString('base64'), encoding: 'base64' },
    ],
  });
  expect(printed).toEqual(['html']);
  expect(asked[0]).toEqual(['report.make', { study: 's', formats: ['html'], paper: true, answers: 'each' }]);
});

it('everything else goes to the Workbench as it is', async () => {
  const { target, asked } = workbench();
  const relay = withPrinting(target, () => Promise.reject(new Error('not asked')));
  await relay.request('report.make', { study: 's', formats: ['html'] });
  await relay.request('study.list', {});
  expect(asked).toEqual([
    ['report.make', { study: 's', formats: ['html'] }],
    ['study.list', {}],
  ]);
});

it('one that fails does not hold up the next', async () => {
  const { target } = workbench();
  let tries = 0;
  const relay = withPrinting(target, () =>
    (tries += 1) === 1 ? Promise.reject(new Error('no paper')) : Promise.resolve(Buffer.from('%PDF-')),
  );
  const [first, second] = await Promise.allSettled([
    relay.request('report.make', { study: 's', formats: ['pdf'] }),
    relay.request('report.make', { study: 's', formats: ['pdf'] }),
  ]);
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
});

import { expect, it } from 'vitest';
import { Spending } from '../../../src-main/trial/spending.ts';

it('keeps what was spent when a place was first reached, and nothing where the trial would begin again', () => {
  const spending = new Spending();
  spending.examples(3);
  expect(spending.at(null)).toMatchObject({ examples: 0 });
  expect(spending.at({ step: 1 })).toMatchObject({ examples: 3 });
  spending.examples(4);
  spending.passes({ forward: 2 });
  expect(spending.at({ step: 1 })).toMatchObject({ examples: 3, forwardPasses: 0 });
  expect(spending.counts).toMatchObject({ examples: 7, forwardPasses: 2 });
  const again = new Spending();
  again.restore({ step: 1 }, spending.at({ step: 1 }));
  again.examples(4);
  expect(again.at({ step: 1 })).toMatchObject({ examples: 3 });
  expect(again.at({ step: 2 })).toMatchObject({ examples: 7 });
});

import type { Command } from 'commander';
import { isOrderOnly } from '../metrics/claims/verdicts.ts';
import type { ListedClaim } from '../workbench/contract/contract.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

/** `touchstone claims`: what was published, and what is measured for it. */
export function addClaims(program: Command, shell: Shell): void {
  program
    .command('claims')
    .description('what papers published, and the verdicts: of the shipped reference runs and of this machine')
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(shell, options.json, (client) => client.call('claims.list', {}), claimLines),
    );
}

function claimLines(claims: readonly ListedClaim[]): string {
  return table(
    ['claim', 'suite', 'metric', 'published', 'shipped', 'verdict', 'here', 'verdict'],
    claims.map((claim) => [
      claim.id,
      claim.suite,
      claim.metric,
      isOrderOnly(claim) ? 'order' : claim.published.value.toFixed(4),
      measuredText(claim.shipped),
      claim.shipped.verdict,
      measuredText(claim.here),
      claim.here.verdict,
    ]),
    new Set([3, 4, 6]),
  );
}

function measuredText({ measured }: ListedClaim['here']): string {
  return measured === null ? '–' : `${measured.mean.toFixed(4)} (n=${measured.n})`;
}

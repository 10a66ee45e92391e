import type { Command } from 'commander';
import { beforeNumber, publishedWords } from '../metrics/claims/verdicts.ts';
import type { ListedClaim, StudyRequest } from '../workbench/contract/contract.ts';
import { EXIT } from './exit-codes.ts';
import { follow, Interrupts } from './follow.ts';
import { jsonOption } from './options.ts';
import { answer, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { studyLine, table } from './text.ts';

/** `touchstone claims`: what was published, what is measured for it, and the studies that judge it here. */
export function addClaims(program: Command, shell: Shell): void {
  const claims = program
    .command('claims')
    .description('what papers published, and the verdicts: of the shipped reference runs and of this machine')
    .enablePositionalOptions()
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(shell, options.json, (client) => client.call('claims.list', {}), claimLines),
    );
  claims
    .command('run <claim>')
    .description('run the study that judges a claim on this machine, or those of a whole source, and say the verdict')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  touchstone claims run amlb-car/sgd-over-majority-class\n  touchstone claims run ' +
        'temperature-scaling',
    )
    .action((name: string, options: { json: boolean }) =>
      runCommand(shell, options.json, () => runClaim(shell, name, options.json)),
    );
}

async function runClaim(shell: Shell, name: string, json: boolean): Promise<number> {
  const { claims, studies } = await shell.withWorkbench((client) => client.call('claims.studies', { id: name }));
  let code: number = EXIT.ok;
  for (const request of studies) {
    const ended = await runRequest(shell, request, json);
    if (ended === EXIT.interrupted) return ended;
    code = Math.max(code, ended);
  }
  const all = await shell.withWorkbench((client) => client.call('claims.list', {}));
  const judged = all.filter(({ id }) => claims.includes(id));
  if (json) shell.out(JSON.stringify(judged, null, 2));
  else {
    shell.out(claimLines(judged));
    for (const { id, here } of judged) if (here.note !== '') shell.out(`${id}: ${here.note}`);
  }
  return code;
}

function runRequest(shell: Shell, request: StudyRequest, json: boolean): Promise<number> {
  const interrupts = new Interrupts();
  return shell.withWorkbench(
    async (client, opened) => {
      const study = await client.call('study.create', request);
      if (!json) shell.err(`Study ${study.id.slice(0, 8)} "${study.name}": ${studyLine(study)}`);
      return follow(shell, client, opened, study, { json, board: false }, interrupts);
    },
    { again: false },
  );
}

function claimLines(claims: readonly ListedClaim[]): string {
  return table(
    ['claim', 'suite', 'metric', 'published', 'shipped', 'verdict', 'here', 'verdict'],
    claims.map((claim) => [
      claim.id,
      claim.suite,
      claim.metric,
      publishedWords(claim) ?? `${beforeNumber(claim)}${claim.published.value.toFixed(4)}`,
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

import { basename, dirname } from 'node:path';
import { placeText } from '../base/places.ts';
import type { Command } from 'commander';
import { secondText } from '../base/dates.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { formatBytes } from '../metrics/format.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { answer, onDisk, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';
import { writeFiles } from './write-files.ts';

/** `touchstone trial`: what was measured. */
export function addResults(program: Command, shell: Shell): void {
  const trial = program.command('trial').description('everything that one trial measured');
  trial
    .argument('<id>', 'of a trial, or its first characters')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('trial.get', { id }),
        (trial) => [
          `${trial.spec.method} on ${trial.spec.suite}, ${placeText(trial.spec)}, ${trial.spec.backend}: ` +
            `${trial.state}\n${trial.command}\n`,
          table(
            ['metric', 'value'],
            trial.metrics.map(({ id: metric, value }) => [metric, value.toPrecision(6)]),
          ),
          ...trial.log.map(({ at, message }) => `${secondText(at)} ${message}`),
        ],
      ),
    );
  trial
    .command('export <id>')
    .description('the network that a trial ended with, as a safetensors file')
    .requiredOption('-o, --output <file>', 'the .safetensors file')
    .option('--artefact <name>', 'the name under which the trial left it', 'model')
    .option('--layout <layout>', 'in-out: kernels as here; out-in: transposed and named as in PyTorch', 'in-out')
    .option('-f, --force', 'replace a file that is there already', false)
    .addOption(jsonOption())
    .action((id: string, options: ExportArguments) =>
      runCommand(shell, options.json, () => exportTrial(shell, id, options)),
    );
}

interface ExportArguments {
  readonly output: string;
  readonly artefact: string;
  readonly layout: string;
  readonly force: boolean;
  readonly json: boolean;
}

async function exportTrial(shell: Shell, id: string, options: ExportArguments): Promise<number> {
  const { artefact, force, json } = options;
  const output = givenPath(options.output);
  const layout = LAYOUTS.find((known) => known === options.layout);
  if (layout === undefined || !output.endsWith('.safetensors'))
    throw new WorkbenchError({
      kind: 'invalid-input',
      message:
        layout === undefined
          ? `There is no layout "${options.layout}": ${LAYOUTS.join(' or ')}.`
          : `${output} does not end in .safetensors, which is what is written.`,
      remedy: null,
      details: null,
    });
  return shell.withWorkbench(async (client) => {
    const { base64, parameters } = await client.call('trial.export', { id, artefact, layout });
    const content = Buffer.from(base64, 'base64');
    const [file] = onDisk(
      () => writeFiles(dirname(output), [{ name: basename(output), content }], force),
      'The network could not be written',
    );
    if (json) shell.out(JSON.stringify({ file, parameters, bytes: content.length }, null, 2));
    else shell.out(`${file} is written: ${parameters} parameters, ${formatBytes(content.length)}.`);
    return EXIT.ok;
  });
}

const LAYOUTS = ['in-out', 'out-in'] as const;

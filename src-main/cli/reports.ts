import { accessSync, constants } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { REPORT_FORMATS } from '../workbench/contract/contract.ts';
import type { ReportFormat, WorkbenchClient } from '../workbench/contract/contract.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { answer, onDisk, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { addCurveOptions, addViewOptions, asksForView, viewFrom } from './view-options.ts';
import type { ViewOptions } from './view-options.ts';
import { addImportPredictions } from './import-predictions.ts';
import { importedText } from './imported-text.ts';
import { writeFiles } from './write-files.ts';

/** `touchstone report` and `touchstone import`: results as files. */
export function addReports(program: Command, shell: Shell): void {
  const report = program
    .command('report <study>')
    .description('write the report of a study')
    .option('-o, --output <folder>', 'where to', 'report')
    .addOption(
      new Option('-f, --formats <formats...>', 'which files; pdf is printed by a Chromium on this machine')
        .choices(REPORT_FORMATS)
        .default(USUAL_FORMATS),
    )
    .option(
      '--statistics',
      'in the JSON, sufficient statistics in place of every answer: small, and still checked',
      false,
    )
    .option('--force', 'replace files that are there already', false);
  addCurveOptions(addViewOptions(report))
    .addOption(jsonOption())
    .action((id: string, options: ReportOptions) =>
      answer(
        shell,
        options.json,
        (client) => writeReport(client, id, options),
        ({ files }) => files,
      ),
    );
  const taking = program
    .command('import')
    .description('take up the results of a JSON report')
    .argument('<file>')
    .addOption(jsonOption())
    .action((file: string, options: { json: boolean }) =>
      runCommand(shell, options.json, async () => {
        const path = givenPath(file);
        onDisk(() => accessSync(path, constants.R_OK), `The file ${file} could not be read`);
        return shell.withWorkbench(async (client) => {
          const imported = await client.call('report.import', { path });
          if (options.json) shell.out(JSON.stringify(imported, null, 2));
          else shell.out(importedText(imported));
          return EXIT.ok;
        });
      }),
    );
  addImportPredictions(taking, shell);
}

interface ReportOptions extends ViewOptions {
  readonly output: string;
  readonly formats: ReportFormat[];
  readonly statistics: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** Everything that can be written without a program that may not be there. */
const USUAL_FORMATS = REPORT_FORMATS.filter((format) => format !== 'pdf');

async function writeReport(
  client: WorkbenchClient,
  id: string,
  options: ReportOptions,
): Promise<{ readonly files: readonly string[] }> {
  const { id: study } = await client.call('study.get', { id });
  const view = asksForView(options) ? viewFrom(await client.call('leaderboard.get', { study }), options) : undefined;
  const answers = options.statistics ? 'statistics' : 'each';
  const { files } = await client.call('report.make', { study, formats: options.formats, view, answers });
  const folder = givenPath(options.output);
  const contents = files.map(({ name, text, encoding }) => ({ name, content: Buffer.from(text, encoding) }));
  return {
    files: onDisk(() => writeFiles(folder, contents, options.force), `The report could not be written into ${folder}`),
  };
}

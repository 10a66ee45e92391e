import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { REPORT_FORMATS } from '../workbench/contract.ts';
import type { ReportFormat } from '../workbench/contract.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { answer, onDisk, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { writeFiles } from './write-files.ts';

/** `touchstone report` and `touchstone import`: results as files. */
export function addReports(program: Command, shell: Shell): void {
  program
    .command('report <study>')
    .description('write the report of a study')
    .option('-o, --output <folder>', 'where to', 'report')
    .addOption(
      new Option('-f, --formats <formats...>', 'which files').choices(REPORT_FORMATS).default([...REPORT_FORMATS]),
    )
    .option('--force', 'replace files that are there already', false)
    .addOption(jsonOption())
    .action((id: string, options: { output: string; formats: ReportFormat[]; force: boolean; json: boolean }) =>
      answer(
        shell,
        options.json,
        async (client) => {
          const found = await client.call('study.get', { id });
          const { files } = await client.call('report.make', { study: found.id, formats: options.formats });
          const folder = givenPath(options.output);
          const contents = files.map(({ name, text }) => ({ name, content: text }));
          return {
            files: onDisk(
              () => writeFiles(folder, contents, options.force),
              `The report could not be written into ${folder}`,
            ),
          };
        },
        ({ files }) => files,
      ),
    );
  program
    .command('import <file>')
    .description('take up the results of a JSON report')
    .addOption(jsonOption())
    .action((file: string, options: { json: boolean }) =>
      runCommand(shell, options.json, async () => {
        const text = onDisk(() => readFileSync(givenPath(file), 'utf8'), `The file ${file} could not be read`);
        return shell.withWorkbench(async (client) => {
          const imported = await client.call('report.import', { text });
          if (options.json) shell.out(JSON.stringify(imported, null, 2));
          else
            shell.out(
              `Study ${imported.study}: ${imported.trials} trials taken up, ${imported.alreadyThere} were here already.`,
            );
          return EXIT.ok;
        });
      }),
    );
}

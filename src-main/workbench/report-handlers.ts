import type { Output } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';
import { importReport } from './imports.ts';
import type { ImportParts } from './imports.ts';
import { findStudy } from './look-up.ts';
import type { News } from './news.ts';
import { outsideReport } from './outside.ts';
import { refuseReadOnly } from './read-only.ts';
import { reportOf } from './reports.ts';
import type { ReportParts } from './reports.ts';
import type { Superseded } from './superseded.ts';
import type { Uploads } from './uploads.ts';

export interface ReportHandlersParts extends ReportParts, ImportParts {
  readonly news: Pick<News, 'study'>;
  readonly uploads: Uploads;
  readonly dataFolder: string;
  /** Which results a report shows follows from the person's files as they are now. */
  readonly superseded: Pick<Superseded, 'refresh'>;
}

/** Making reports and taking them up. */
export function reportHandlers(
  parts: ReportHandlersParts,
): Pick<Handlers, 'report.make' | 'report.upload' | 'report.import' | 'predictions.import'> {
  const { store, news, uploads, superseded } = parts;
  const take = async (path: string): Promise<Output<'report.import'>> => {
    const imported = await importReport(parts, path);
    news.study(imported.study);
    return imported;
  };
  return {
    'report.make': async ({ study, ...wanted }) => {
      await superseded.refresh();
      return reportOf(parts, findStudy(store, study), wanted);
    },
    'report.upload': async ({ upload, part }) => {
      refuseReadOnly(store);
      return { upload: await uploads.add(upload, part) };
    },
    'predictions.import': async (request) => {
      refuseReadOnly(store);
      return uploads.use(await uploads.add(null, await outsideReport(parts, request)), take);
    },
    'report.import': async (report) => {
      refuseReadOnly(store);
      if ('path' in report) return take(report.path);
      return uploads.use('upload' in report ? report.upload : await uploads.add(null, report.text), take);
    },
  };
}

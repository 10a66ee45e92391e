import path from 'node:path';
import type { TableOptionsInput } from '../../../src-main/datasets/store.ts';
import { folderWith, storeOf } from './tiny.ts';

/** Tables as files, and how the program understands them. */

export const PETS =
  'name,kind,weight,size,legs\nrex,dog,20.5,large,4\nfelix,cat,4,small,4\nbello,dog,11,medium,4\n' +
  'mimi,cat,3.5,small,4\nhasso,dog,30,large,3\ntom,cat,5,medium,4\n';
export async function file(text: string | Uint8Array, name = 'pets.csv'): Promise<string> {
  return path.join(await folderWith({ [name]: text }), name);
}
export const { store: previews } = await storeOf();
export const preview = async (text: string | Uint8Array, options: TableOptionsInput = {}, name?: string) =>
  previews.preview('it', await file(text, name), options);
export const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => row(i)).join('\n');

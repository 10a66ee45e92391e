import { wheel } from './wheels.ts';
import type { NativeSource } from './native-library.ts';

/**
 * XGBoost's own library without its code for graphics cards, which is thirty times as large. It looks for the OpenMP of
 * its wheel two folders above itself.
 */
export const XGBOOST_SOURCE: NativeSource = {
  id: 'xgboost',
  name: 'XGBoost',
  version: '3.2.0',
  addon: 'xgboost.cc',
  builds: [
    {
      platform: 'linux',
      arch: 'x64',
      tags: ['manylinux_2_28_x86_64'],
      wheel: wheel(
        'xgboost-cpu==3.2.0',
        'py3-none-manylinux_2_28_x86_64',
        5_595_924,
        '9c10b1653e1a689bf4094a328144cf3633c9be0e5217a76fbdc2fde6abcb2950',
      ),
      members: [
        {
          entry: 'xgboost/lib/libxgboost.so',
          file: 'xgboost/lib/libxgboost.so',
          sha256: 'bad3eb7004550b6db2338486061bf628cabc2340d4913e811b0564ba4788eef5',
        },
        {
          entry: 'xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0',
          file: 'xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0',
          sha256: 'a43904e4fa297301d4640dc1bb3c8a3480b406f99e498eba9b1914b68aab604a',
        },
      ],
    },
  ],
};

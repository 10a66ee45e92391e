import { wheel } from './wheels.ts';
import type { NativeSource } from './native-library.ts';

/** LightGBM's own library; checksums as the package index published the wheel, and of the library in it. */
export const LIGHTGBM_SOURCE: NativeSource = {
  id: 'lightgbm',
  name: 'LightGBM',
  version: '4.7.0',
  addon: 'lightgbm.cc',
  builds: [
    {
      platform: 'linux',
      arch: 'x64',
      tags: ['manylinux_2_28_x86_64'],
      wheel: wheel(
        'lightgbm==4.7.0',
        'py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64',
        3_476_028,
        'd23e922acd891e77212e4d0fbcee9ba973c96dee479491341d05ba595357ebb7',
      ),
      members: [
        {
          entry: 'lightgbm/lib/lib_lightgbm.so',
          file: 'lib_lightgbm.so',
          sha256: '573d57e8a2c6290c2271b99b87afa7a802e796eafc9e8d66aefa0913cbc1616a',
        },
      ],
    },
  ],
};

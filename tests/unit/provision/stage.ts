import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';
import type { Surroundings } from '../../../src-main/engine/provision/layout.ts';
import type { WheelSet } from '../../../src-main/engine/provision/wheels.ts';

/** A machine of a test: own cache, own PATH with a fake pip, compiler and Node, a small wheel, a small tfjs-node. */
export interface Stage {
  readonly root: string;
  readonly where: Surroundings;
  readonly sets: readonly WheelSet[];
  /** Lines that the fake programs wrote down, in order. */
  log(): string[];
  /** Replaces one of the programs on PATH by a shell script; null removes it. */
  program(name: string, script: string | null): void;
  readonly wheelFile: string;
}

export const LIBRARY = 'library '.repeat(5000);

export function stage(platform = 'linux'): Stage {
  const root = mkdtempSync(path.join(tmpdir(), 'touchstone-provision-'));
  const at = (...parts: string[]): string => path.join(root, ...parts);
  for (const folder of [
    'bin',
    'cache',
    'project/src-main/engine/kernels/native',
    'project/node_modules/@tensorflow/tfjs-node-gpu/binding',
    'project/node_modules/@tensorflow/tfjs-node-gpu/scripts',
    'wheels',
  ])
    mkdirSync(at(folder), { recursive: true });
  const tfjsNode = at('project/node_modules/@tensorflow/tfjs-node-gpu');
  writeFileSync(
    path.join(tfjsNode, 'package.json'),
    JSON.stringify({ name: '@tensorflow/tfjs-node-gpu', version: '4.22.0' }),
  );
  writeFileSync(path.join(tfjsNode, 'binding', 'tfjs_binding.cc'), '// binding');
  writeFileSync(at('project/src-main/engine/kernels/native/session.cc'), '// session');
  writeFileSync(at('project/package.json'), JSON.stringify({ name: 'touchstone' }));

  const wheelFile = at('wheels', 'tensorflow_cpu-2.21.0-cp312-cp312-test.whl');
  writeFileSync(
    wheelFile,
    zipSync({
      'tensorflow/libtensorflow_cc.so.2': strToU8(LIBRARY),
      'tensorflow/libtensorflow_framework.so.2': strToU8('framework'),
      'tensorflow/include/tensorflow/c/c_api.h': strToU8('// header'),
      'tensorflow/include/Eigen/Core.h': strToU8('// not needed'),
      'tensorflow/python/x.py': strToU8('pass'),
    }),
  );
  const bytes = readFileSync(wheelFile);
  const sets: WheelSet[] = [
    {
      platform: 'linux',
      arch: 'x64',
      variant: 'cpu',
      tags: ['test'],
      wheels: [
        {
          requirement: 'tensorflow-cpu==2.21.0',
          file: path.basename(wheelFile),
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        },
      ],
    },
  ];

  const log = at('log');
  const program = (name: string, script: string | null): void => {
    const file = at('bin', name);
    writeFileSync(file, script === null ? '' : `#!/bin/sh\n${script}\n`);
    chmodSync(file, script === null ? 0o644 : 0o755);
  };
  program('python3', `echo pip >> "${log}"\nwhile [ "$1" != --dest ]; do shift; done\ncp "${wheelFile}" "$2"/`);
  program(
    'c++',
    '[ "$1" = --version ] && { echo "fake c++ 1.0"; exit 0; }\nfor a in "$@"; do [ "$p" = -o ] && ' +
      `out=$a; p=$a; done\necho "c++ $(basename $out)" >> "${log}"\necho addon > "$out"`,
  );
  program('node', `[ "$1" = -e ] && exit 0\nexec "${process.execPath}" "$@"`);
  const env = {
    PATH: `${at('bin')}:/usr/bin:/bin`,
    CXX: at('bin', 'c++'),
    TOUCHSTONE_CACHE: at('cache'),
    TOUCHSTONE_NO_GPU: '1',
  };
  return {
    root,
    sets,
    program,
    wheelFile,
    where: { env, platform, arch: 'x64', home: root, project: at('project'), node: at('bin', 'node'), tfjsNode },
    log: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

/** Makes tfjs-node's own install script lay down an old library, or fail with a message. */
export function packageScript({ where }: Stage, works: boolean): void {
  writeFileSync(
    path.join(where.tfjsNode, 'scripts', 'install.js'),
    works
      ? `const fs = require('fs');
       fs.mkdirSync('deps/lib', { recursive: true }); fs.mkdirSync('deps/include/tensorflow/c', { recursive: true }); fs.mkdirSync('lib/napi-v8', { recursive: true });
       fs.writeFileSync('deps/lib/libtensorflow.so.2', 'old'); fs.writeFileSync('deps/include/tensorflow/c/c_api.h', ''); fs.writeFileSync('lib/napi-v8/tfjs_binding.node', 'prebuilt');`
      : `console.error('Error: getaddrinfo ENOTFOUND example.invalid'); process.exit(1);`,
  );
}

import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';
import path from 'node:path';

const at = (...parts: string[]): string => path.join(import.meta.dirname, ...parts);

/**
 * One CommonJS file that also Electron's oldest supported runtime loads (Node 16); nothing but electron stays outside.
 */
const shell = (entry: string, folder: string) => ({
  build: {
    outDir: at('out', folder),
    target: 'node16',
    externalizeDeps: false,
    rolldownOptions: {
      input: { index: at('src-main', 'electron', entry) },
      output: { format: 'cjs' as const, entryFileNames: '[name].cjs', codeSplitting: false },
    },
  },
});

/**
 * Blanks between elements stay, as in HTML and as Prettier takes them: it may break a line there. Vue would drop those
 * with a line break, and words would run into one another.
 */
const TEMPLATES = { template: { compilerOptions: { whitespace: 'preserve' as const } } };

export default defineConfig({
  main: shell('index.ts', 'main'),
  preload: shell('preload.ts', 'preload'),
  renderer: {
    root: at('src-renderer'),
    plugins: [vue(TEMPLATES)],
    build: {
      outDir: at('out', 'renderer'),
      emptyOutDir: true,
      target: 'chrome108',
      minify: true,
      rolldownOptions: {
        input: { index: at('src-renderer', 'index.html') },
        // All that a first view needs comes in one file; without this the shared parts are twenty, asked for while the
        // Workbench is starting.
        output: { codeSplitting: { groups: [{ name: 'initial', tags: ['$initial'] }] } },
      },
    },
  },
});

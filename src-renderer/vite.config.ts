import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * Development server of the interface alone (`vite src-renderer`); the shipped build is described by
 * electron.vite.config.ts.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // Blanks between elements stay, as in electron.vite.config.ts.
  plugins: [vue({ template: { compilerOptions: { whitespace: 'preserve' } } })],
  build: { target: 'chrome108', outDir: '../out/renderer-dev', emptyOutDir: true },
  // Development only: hot reloading needs inline scripts and its own socket.
  server: { port: 5199, strictPort: true, host: '127.0.0.1' },
});

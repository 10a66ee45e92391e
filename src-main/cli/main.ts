import { useCodeCache } from '../base/code-cache.ts';

// First, and the program after it: what an import statement names would be loaded before the cache is there.
useCodeCache();
await import('./program.ts');

import vue from 'eslint-plugin-vue';
import ts from 'typescript-eslint';

const SHORTENED = 'Say how many are left out: `shortened(list, most)` of src-main/base/shortened.ts answers both.';
const FOLDERS = '`makeFolder` or `makePrivateFolder` of src-main/base/files.ts: `recursive` of Node may never end.';

/**
 * Strict rules that need no type information, so that the whole project is checked in seconds; `npm run typecheck` does
 * the rest.
 */
export default ts.config(
  {
    ignores: [
      'node_modules/',
      'out/',
      'dist/',
      'test-results/',
      'playwright-report/',
      'resources/',
      'tests/fixtures/',
      '**/*.d.ts',
    ],
  },
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...vue.configs['flat/recommended'],
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // No line that a person has to scroll: Prettier breaks code, this holds comments and messages. Templates hold
      // other languages (SQL, CSS, shell), whose lines are theirs.
      'max-len': ['error', { code: 120, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreUrls: true }],
      'max-lines': ['error', 400],
      // TypeScript itself knows every name.
      'no-undef': 'off',
      // Mistakes that TypeScript does not see (ESLint's own recommended rules, without the ones that it does).
      ...Object.fromEntries(
        [
          'for-direction',
          'no-async-promise-executor',
          'no-case-declarations',
          'no-compare-neg-zero',
          'no-cond-assign',
          'no-constant-binary-expression',
          'no-constant-condition',
          'no-debugger',
          'no-dupe-else-if',
          'no-duplicate-case',
          'no-empty',
          'no-empty-pattern',
          'no-ex-assign',
          'no-extra-boolean-cast',
          'no-fallthrough',
          'no-irregular-whitespace',
          'no-loss-of-precision',
          'no-misleading-character-class',
          'no-regex-spaces',
          'no-self-assign',
          'no-sparse-arrays',
          'no-unexpected-multiline',
          'no-unreachable',
          'no-unsafe-finally',
          'no-unsafe-optional-chaining',
          'no-unused-labels',
          'no-useless-backreference',
          'no-useless-catch',
          'no-useless-escape',
          'no-useless-assignment',
          'preserve-caught-error',
          'require-yield',
          'use-isnan',
          'valid-typeof',
        ].map((rule) => [rule, 'error']),
      ),
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'object-shorthand': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message:
            'Nothing may depend on an unseeded generator: use a named stream (engine/random/streams.ts), ' +
            'or node:crypto for names.',
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/ban-ts-comment': 'error',
      // Style that the authors choose by what reads best.
      '@typescript-eslint/array-type': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'vue/multi-word-component-names': 'off',
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/no-v-html': 'error',
      'vue/require-default-prop': 'off',
      // Layout of templates is the author's.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/attributes-order': 'off',
    },
  },
  {
    // A list that is cut and does not say so is read as the whole.
    files: ['src-main/{cli,datasets,metrics,reports,results,workbench}/**', 'src-renderer/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          // By a bound: a constant, or a number of its own that may grow (`most.value`).
          '[arguments.1.name=/^(most|shown|limit|few|max)/i]',
          '[arguments.1.object.name=/^(most|shown|limit|few|max)/i]',
          // What was made as a list.
          '[callee.object.callee.property.name=/^(filter|map|flatMap|sort|toSorted)$/][arguments.1]',
        ].map((which) => ({
          selector: `CallExpression[callee.property.name="slice"][arguments.0.value=0]${which}`,
          message: SHORTENED,
        })),
        // The first few of a list that are written out.
        {
          selector:
            'CallExpression[callee.property.name=/^(map|flatMap|join)$/] > MemberExpression.callee > ' +
            'CallExpression[callee.property.name="slice"][arguments.0.value=0][arguments.1.type="Literal"]',
          message: SHORTENED,
        },
      ],
    },
  },
  {
    files: ['src-main/**/*.ts'],
    ignores: ['src-main/base/files.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:fs', importNames: ['mkdir', 'mkdirSync'], message: FOLDERS },
            { name: 'node:fs/promises', importNames: ['mkdir'], message: FOLDERS },
          ],
        },
      ],
    },
  },
  {
    // The command line talks on the console; tests may print what they measured.
    files: ['src-main/{cli,bench}/**', 'tests/**', '.ci/**'],
    rules: { 'no-console': 'off' },
  },
);

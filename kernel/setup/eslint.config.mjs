import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import jupyter from '@jupyter/eslint-plugin'
import typescript from 'typescript-eslint'
import { imports, names } from './layers.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What would make the scheduler depend on when, or on which machine, it runs. */
const impure = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'crypto', 'fetch', 'console']

export default [
  { ignores: ['**/dist/**', '**/node_modules/**', '**/*.d.ts', 'extension/lib/**', 'extension/src/generated/**'] },
  {
    files: ['kernel/**/*.{ts,mjs}', 'extension/**/*.{ts,tsx,mjs}', 'test/**/*.{ts,mjs}'],
    languageOptions: { parser: typescript.parser, parserOptions: { tsconfigRootDir: root } },
    plugins: { '@typescript-eslint': typescript.plugin, sluice: { rules: { imports, names } } },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    rules: {
      'sluice/imports': 'error',
      'sluice/names': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-throw-literal': 'error',
      'no-unreachable': 'error',
      'no-fallthrough': 'error',
      'no-debugger': 'error',
      'no-eval': 'error',
    },
  },
  {
    files: ['kernel/**/*.ts', 'extension/src/**/*.{ts,tsx}'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'max-len': ['error', { code: 200, ignoreComments: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 35],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    },
  },
  {
    // What JupyterLab's reviewers look for.
    files: ['extension/src/**/*.{ts,tsx}'],
    plugins: { jupyter },
    rules: {
      ...Object.fromEntries(Object.keys(jupyter.configs.recommended[0].rules).map((rule) => [rule, 'error'])),
      // The bundle is kept in one place of the page, and called `trans` where it is used.
      'jupyter/incorrect-translator-usage': 'off',
    },
  },
  {
    files: ['kernel/scheduler/**'],
    rules: {
      'no-restricted-globals': ['error', ...impure.map((name) => ({ name, message: 'The scheduler is pure: time and seeds are arguments.' }))],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Seeds are arguments.' }],
    },
  },
  {
    // A test left focused or skipped would say that what it does not look at is well.
    files: ['test/**/*.{test,spec}.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['only', 'skip', 'todo', 'fails'].map((name) => ({
          selector: `MemberExpression[object.name=/^(test|it|describe)$/][property.name='${name}']`,
          message: `No .${name} is committed.`,
        })),
      ],
    },
  },
]

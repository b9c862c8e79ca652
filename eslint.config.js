import js from '@eslint/js'
import stylistic from '@stylistic/eslint-plugin'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const house = {
  '@stylistic/semi': ['error', 'never'],
  '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'avoidEscape' }],
  '@stylistic/comma-dangle': ['error', 'never'],
  '@stylistic/arrow-parens': ['error', 'always'],
  '@stylistic/member-delimiter-style': ['error', { multiline: { delimiter: 'none' }, singleline: { delimiter: 'semi' } }],
  '@stylistic/no-trailing-spaces': 'error',
  '@stylistic/no-tabs': 'error',
  '@stylistic/no-multiple-empty-lines': ['error', { max: 1, maxBOF: 0, maxEOF: 0 }],
  '@stylistic/eol-last': 'error',
  '@stylistic/max-len': ['error', { code: 140, ignoreUrls: true, ignoreRegExpLiterals: true }]
}

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.docs-api/', '.reports/']),
  js.configs.recommended,
  { plugins: { '@stylistic': stylistic }, rules: house },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',

      // Shapes and axes are numbers, and messages are full of them.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Index access gives T (noUncheckedIndexedAccess is off), so asking whether an element is there looks needless to it.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Curried, data-last signatures name a type once and let inference carry it.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Inference through a transform reads the last signature of a function that takes anything for an array.
      '@typescript-eslint/unified-signatures': 'off',
      // `(x) => sideEffect(x)` is the shortest way to write a visitor.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A leading underscore says that a rule's signature has an operand which this rule ignores.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Kernels loop with several counters and hoist what they can.
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-restricted-imports': ['error', {
        patterns: [{ regex: '^fp-ts(?!/lib/.+\\.js$|/HKT$)', message: 'fp-ts has no exports map: import fp-ts/lib/X.js.' }]
      }]
    }
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-console': 'error',
      // The library runs in browsers too.
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require', 'global', '__dirname', '__filename', 'setImmediate'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Random numbers come from explicit keys.' }]
    }
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A row of a table stays on one line.
      '@stylistic/max-len': ['error', { code: 180, ignoreUrls: true, ignoreRegExpLiterals: true }],
      // The matchers of vitest are typed any.
      '@typescript-eslint/no-unsafe-assignment': 'off'
    }
  }
)

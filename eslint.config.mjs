import { defineConfig } from 'eslint/config';
import { tsImport } from 'tsx/esm/api';
import tseslint from 'typescript-eslint';

/** @type {typeof import('./lint/index.ts')} */
const { ARROWS, WORKFLOW_FOLDERS, WORKFLOW_PACKAGES, plugin } = await tsImport(
  './lint/index.ts',
  import.meta.url,
);

/** Kinds of workflow ids, `<kind>/<what>`: docs/ARCHITECTURE lists them. */
const WORKFLOW_KINDS = [
  'business-sync',
  'record-sync',
  'full-sync',
  'sweep',
  'calendar-poll',
  'conflict',
  'undo',
  'dsar',
  'recovery',
  'alert',
];

const PRODUCT = [
  'domain/**/*.ts',
  'booksy/**/*.ts',
  'infra/**/*.ts',
  'activities/**/*.ts',
  'workflows/**/*.ts',
  'workers/**/*.ts',
  'api/**/*.ts',
  'cli/**/*.ts',
  'simulator/**/*.ts',
];

export default defineConfig(
  {
    ignores: ['node_modules/', 'dist/', 'coverage/', '.data/', 'logs/', 'infra/database/generated/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'booksy-sync': plugin },
    rules: {
      'booksy-sync/import-arrows': ['error', ARROWS],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TSEnumDeclaration',
          message: 'No enums: write a const array or map and derive the type.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // `(x) => log(x)` reads well and means what it says.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Numbers and booleans in a message are what one expects; objects and undefined are not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // The parts of this product are closures in object literals, not classes: their methods need no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Types promise what JSON, protobuf and the wire do not keep: a check too many at an edge is no defect.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // There are no enums, and no classes handed around by type: the two took a third of the whole time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // An async function without await keeps an interface's promise: errors become rejections.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: PRODUCT,
    ignores: ['infra/temporal/**', 'workflows/**', 'simulator/**'],
    rules: { 'booksy-sync/workflow-ids': ['error', { kinds: WORKFLOW_KINDS }] },
  },
  {
    files: ['domain/**/*.ts'],
    rules: { 'booksy-sync/pure': 'error' },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'booksy-sync/activity-bounds': 'error',
      'booksy-sync/sync-validators': 'error',
      'booksy-sync/workflow-reach': ['error', { packages: WORKFLOW_PACKAGES, folders: WORKFLOW_FOLDERS }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TSEnumDeclaration',
          message: 'No enums: write a const array or map and derive the type.',
        },
        {
          selector: "MemberExpression[property.name='only'][object.name=/^(it|test|describe)$/]",
          message: 'A focused test hides all others.',
        },
        {
          selector: "MemberExpression[property.name='skip'][object.name=/^(it|test|describe)$/]",
          message: 'A skipped test proves nothing: mend it or delete it.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: {
      eqeqeq: 'error',
      'no-undef': 'off',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'prefer-const': 'error',
    },
  },
);

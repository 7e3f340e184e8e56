/** The reference as Markdown. Everything in it comes from the OpenAPI document and from the table of problems. */
import { PROBLEMS } from '../../api/http/problem.ts';
import type { ApiDocument, Operation, Schema } from './document.ts';
import { curlOf, VARIABLES } from './example.ts';
import { fieldsOf, typeOf } from './shapes.ts';

/** Renders the whole page, not yet formatted. */
export function renderReference(document: ApiDocument): string {
  return [
    '# API reference',
    '<!-- Made from the OpenAPI document by `npm run docs:api`. Do not edit: change the schemas in api/. -->',
    document.description,
    'The same as a page to try things on: `/api/docs`. The document itself: `/api/openapi.json`.',
    ...manners(),
    contents(document),
    ...document.tags.flatMap((tag) => [
      `## ${tag.name}`,
      `${tag.description}.`,
      ...document.operations
        .filter(({ tags }) => tags[0] === tag.name)
        .flatMap((each) => endpoint(document, each)),
    ]),
    '## Problems',
    'The `code` of an error never changes its meaning: programs may switch on it. Every problem has a `detail` and a `nextStep` for people.',
    table(
      ['code', 'status', 'what it says'],
      Object.entries(PROBLEMS).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]),
    ),
    '## Shapes',
    ...Object.entries(document.shapes).flatMap(([name, shape]) => [
      `### Shape ${name}`,
      ...shapeSection(shape),
    ]),
  ].join('\n\n');
}

function manners(): string[] {
  const variables = Object.entries(VARIABLES).map(([name, { what }]) => `- \`$${name}\`: ${what}`);
  return [
    '## How to call it',
    [
      '- **Token**: `Authorization: Bearer bks_…`. It has scopes and reaches some businesses or all. `booksy up` prints one for this machine (`adminToken` with `--json`).',
      '- **Tenants**: an id of a business that the token does not reach answers 404, word for word as one that does not exist.',
      '- **Writes** take `Idempotency-Key`: sent again with the same key within 24 hours, a request returns its first answer (`Idempotency-Replayed: true`) and acts no second time.',
      '- **Lists** are paged by cursor: send `nextCursor` as `cursor` until it is null. Rows that appear meanwhile move nothing.',
      '- **Errors** are `application/problem+json` (RFC 9457) with a stable `code` and the next step. `requestId` is also in the log.',
      '- **`notes`** beside an answer say where it is less than it could be, for example while Temporal does not answer.',
    ].join('\n'),
    'The examples work in a POSIX shell once these are set:',
    ['```sh', 'API=http://127.0.0.1:3000   # where the API listens', 'TOKEN=bks_…', '```'].join('\n'),
    'and where an example names them:',
    variables.join('\n'),
  ];
}

function contents(document: ApiDocument): string {
  return table(
    ['endpoint', 'what for', 'scope'],
    document.tags.flatMap(({ name }) =>
      document.operations
        .filter(({ tags }) => tags[0] === name)
        .map((each) => [
          `[\`${each.method} ${each.path}\`](#${anchor(`${each.method} ${each.path}`)})`,
          each.summary,
          scopeOf(each),
        ]),
    ),
  );
}

function endpoint(document: ApiDocument, operation: Operation): string[] {
  const { method, path, summary, parameters = [], requestBody } = operation;
  // The document repeats the scope in its text, for pages that do not show it otherwise.
  const text = operation.description.replace(/(?:^|\n\n)(?:Scope: `[^`]+`|No token needed)\.$/, '');
  const body = requestBody?.content['application/json']?.schema;
  return [
    `### ${method} ${path}`,
    `**${summary}.** ${text}`.trim(),
    `Scope: ${scopeOf(operation)}.`,
    ...(parameters.length === 0
      ? []
      : [
          'Parameters:',
          table(
            ['name', 'in', 'type', 'what'],
            parameters.map((each) => [
              `\`${each.name}\`${each.required === true ? ' (needed)' : ''}`,
              each.in,
              typeOf(each.schema),
              each.description ?? each.schema.description ?? '',
            ]),
          ),
        ]),
    ...(body === undefined
      ? []
      : [
          `Body (JSON${requestBody?.required === true ? ', needed' : ', may be left out'}): ${typeOf(body)}.`,
        ]),
    'Answers:',
    table(['status', 'what', 'shape'], answersOf(operation)),
    'Problems:',
    problemsOf(operation),
    ['```sh', curlOf(document, operation), '```'].join('\n'),
  ];
}

function answersOf({ responses }: Operation): string[][] {
  return Object.entries(responses)
    .filter(([, { content }]) => content?.['application/problem+json'] === undefined)
    .map(([status, { description, content }]) => {
      const [type, each] = Object.entries(content ?? {})[0] ?? [];
      const shape =
        each === undefined ? '' : type === 'application/json' ? typeOf(each.schema) : `\`${type ?? ''}\``;
      return [status, description, shape];
    });
}

function problemsOf({ responses }: Operation): string {
  const problems = Object.entries(responses).filter(
    ([, { content }]) => content?.['application/problem+json'] !== undefined,
  );
  return problems
    .map(([status, { description }]) => {
      const codes = [...description.matchAll(/`(\w+)`:/g)].map(([, code]) => `\`${code ?? ''}\``);
      return `- ${status}: ${codes.join(', ')}`;
    })
    .join('\n');
}

function shapeSection(shape: Schema): string[] {
  const fields = fieldsOf(shape);
  const about = shape.description === undefined ? [] : [`${shape.description}.`];
  if (fields.length === 0) return [...about, `${typeOf(shape)}.`];
  return [
    ...about,
    table(
      ['field', 'type', 'what'],
      fields.map(({ path, type, required, description }) => [
        `\`${path}\`${required ? '' : ' (may be missing)'}`,
        type,
        description,
      ]),
    ),
  ];
}

function scopeOf(operation: Operation): string {
  const scope = operation['x-scope'];
  return scope === undefined ? 'none, it is public' : `\`${scope}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { TIME_OFF_REASONS } from '../../../domain/observed.ts';
import { neverPasses } from '../../../booksy/wire/edge.ts';
import * as shapes from '../../../booksy/wire/shapes.ts';

/** One property of a contract schema, as far as this test compares it. */
const propertySchema: z.ZodType<Property> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    pattern: z.string().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    anyOf: z.array(propertySchema).optional(),
    items: propertySchema.optional(),
  }),
);
interface Property {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  enum?: unknown[] | undefined;
  pattern?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  anyOf?: Property[] | undefined;
  items?: Property | undefined;
}
const objectSchema = z.looseObject({
  required: z.array(z.string()).optional(),
  properties: z.record(z.string(), propertySchema).optional(),
});
const contract = z
  .looseObject({ components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }) })
  .parse(parse(readFileSync(new URL('../../../booksy/openapi.yaml', import.meta.url), 'utf8')));

function schemaOf(name: string): z.output<typeof objectSchema> {
  return objectSchema.parse(contract.components.schemas[name]);
}

/** Every value the contract allows for a property must be accepted: tried with one sample of each kind. */
function samplesOf(property: Property): unknown[] {
  if (property.$ref !== undefined) {
    const name = property.$ref.split('/').at(-1) ?? '';
    const target = propertySchema.parse(contract.components.schemas[name]);
    return 'properties' in target ? [objectSample(name)] : samplesOf(target);
  }
  if (property.anyOf !== undefined) return property.anyOf.flatMap(samplesOf);
  if (property.enum !== undefined) return property.enum;
  return [property.type ?? []].flat().flatMap((type): unknown[] => {
    switch (type) {
      case 'integer':
        return [property.minimum ?? -3, property.maximum ?? 7];
      case 'number':
        return [7.5];
      case 'string':
        return [textFor(property.pattern)];
      case 'boolean':
        return [true, false];
      case 'null':
        return [null];
      case 'array':
        return [samplesOf(property.items ?? {}).slice(0, 1)];
      default:
        return [];
    }
  });
}

function textFor(pattern: string | undefined): string {
  const candidates = ['2026-12-07', '2026-12-07T10:00', '10:30', '2026-12-07T10:00:00Z', '-6.49', 'text'];
  return candidates.find((text) => pattern === undefined || new RegExp(pattern).test(text)) ?? 'text';
}

function objectSample(name: string): Record<string, unknown> {
  const properties = Object.entries(schemaOf(name).properties ?? {});
  return Object.fromEntries(properties.map(([field, property]) => [field, samplesOf(property)[0]]));
}

const PAIRS = [
  ['Business', shapes.businessShape],
  ['Resource', shapes.resourceShape],
  ['Hours', shapes.hoursShape],
  ['ScheduleDay', shapes.scheduleDayShape],
  ['CustomDay', shapes.customDayShape],
  ['TimeOff', shapes.timeOffShape],
  ['ServiceCategory', shapes.categoryShape],
  ['GapTime', shapes.gapShape],
  ['Service', shapes.serviceShape],
  ['Variant', shapes.variantShape],
  ['Customer', shapes.customerShape],
  ['Traveling', shapes.travelingShape],
  ['Subbooking', shapes.subbookingShape],
  ['Appointment', shapes.appointmentShape],
  ['AppointmentRow', shapes.appointmentShape],
  ['CustomerPage', shapes.pageShape],
  ['AppointmentPage', shapes.pageShape],
  ['Mapping', shapes.mappingShape],
  ['SettlementRow', shapes.settlementRowShape],
  ['ClientCredentialsToken', shapes.credentialsTokenShape],
  ['PartnerTokenPair', shapes.partnerPairShape],
  ['PartnerAccessToken', shapes.partnerAccessShape],
] as const;

describe('the wire shapes agree with openapi.yaml', () => {
  it.each(PAIRS)('%s: the same fields, but for those that never pass the edge', (name, shape) => {
    const theirs = Object.keys(schemaOf(name).properties ?? {}).filter((field) => !neverPasses(field));
    expect(Object.keys(shape.shape).sort()).toEqual(theirs.sort());
  });

  it.each(PAIRS)('%s: nothing is required that the contract does not promise', (name, shape) => {
    const { required = [] } = schemaOf(name);
    const optional = Object.keys(shape.shape).filter((field) => !required.includes(field));
    const sample = Object.fromEntries(
      Object.entries(objectSample(name)).filter(([field]) => !optional.includes(field)),
    );
    expect(shape.safeParse(sample).error?.issues ?? []).toEqual([]);
  });

  it.each(PAIRS)('%s: every kind of value that the contract allows is accepted', (name, shape) => {
    const base = objectSample(name);
    for (const [field, property] of Object.entries(schemaOf(name).properties ?? {})) {
      const samples = samplesOf(property);
      expect(samples.length, `${name}.${field} has samples`).toBeGreaterThan(0);
      for (const value of samples) {
        const issues = shape.safeParse({ ...base, [field]: value }).error?.issues ?? [];
        expect(issues, `${name}.${field} = ${JSON.stringify(value)}`).toEqual([]);
      }
    }
  });

  it('a field of another type is refused, so the comparison can fail', () => {
    expect(shapes.variantShape.safeParse({ ...objectSample('Variant'), duration: '60' }).success).toBe(false);
    expect(shapes.appointmentShape.safeParse({ ...objectSample('Appointment'), status: 'Z' }).success).toBe(
      false,
    );
  });

  it('the reasons for time off are the same words', () => {
    expect([...TIME_OFF_REASONS]).toEqual(
      propertySchema.parse(contract.components.schemas['TimeOffReason']).enum,
    );
  });

  it('the fields that the edge drops are the ones the contract calls private', () => {
    const answers = Object.keys(contract.components.schemas).filter((name) => !name.endsWith('Request'));
    const dropped = answers.flatMap((name) =>
      Object.keys(objectSchema.safeParse(contract.components.schemas[name]).data?.properties ?? {}).filter(
        neverPasses,
      ),
    );
    expect([...new Set(dropped)].sort()).toEqual([
      'allergens',
      'birthday',
      'business_note',
      'business_secret_note',
    ]);
  });
});

/** The OpenAPI document, made of the schemas that check the requests. */
import { createHash } from 'node:crypto';
import { errorBody, linkHeader } from '@sightline/schema/api';
import { errorCatalogue } from '@sightline/schema/errors';
import { z } from 'zod';
import type { ApiRoute } from './route-table.ts';

type Json = { [key: string]: unknown };

export function describeApi(routes: readonly ApiRoute[]): Json {
  const components = new Components();
  const error = { description: 'Why it could not be done.', ...json(components.add(errorBody, 'output')) };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) };
  }
  paths['/logs'] = { ...paths['/logs'], post: logLines };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sightline query API',
      version: '1',
      description: `Failures come as {"error":{"code","message","hint"}}. Codes: ${Object.keys(errorCatalogue).join(', ')}.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{}, { bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: components.schemas,
      responses: { Error: error },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        link: {
          type: 'apiKey',
          in: 'header',
          name: linkHeader,
          description: 'The secret of a link to a dashboard, which stands behind the # of its address.',
        },
      },
    },
  };
}

/** Received by ingest/log-lines-receiver.ts. */
const logLines: Json = {
  operationId: 'postLogs',
  'x-scope': 'ingest',
  summary: 'Stores what a program logs as JSON: lines, one object, or an array of objects.',
  tags: ['logs'],
  parameters: [
    {
      name: 'service',
      in: 'query',
      required: false,
      description: 'Of lines that name none.',
      schema: { type: 'string', minLength: 1, maxLength: 256 },
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/x-ndjson': { schema: { type: 'string' } },
      'application/json': {
        schema: { anyOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' } }] },
      },
    },
  },
  responses: {
    200: {
      description: 'Stored. Lines that cannot be read are counted as rejected, and the first are named.',
      ...json({
        type: 'object',
        required: ['accepted', 'rejected', 'message'],
        properties: {
          accepted: { type: 'integer' },
          rejected: { type: 'integer' },
          message: { type: 'string' },
        },
      }),
    },
    default: { $ref: '#/components/responses/Error' },
  },
};

function operation(route: ApiRoute, components: Components): Json {
  const parameters = [
    ...parametersOf(route.params, 'path', components),
    ...parametersOf(route.query, 'query', components),
  ];
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    'x-scope': route.scope,
    ...(route.scope === 'link' ? { security: [{ link: [] }] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, ...json(components.add(route.body, 'input')) } }),
    responses: {
      200: answerOf(route, components),
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

/** `GET /traces/:traceId/spans/:spanId` is `getTracesByTraceIdSpansBySpanId`. */
function operationId({ method, path }: ApiRoute): string {
  const words = path.split('/').filter((part) => part !== '');
  const named = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return method.toLowerCase() + named.join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function parametersOf(
  schema: z.ZodObject | undefined,
  place: 'path' | 'query',
  components: Components,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = components.add(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, examples, ...rest } = property;
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: { ...rest, ...(examples === undefined ? {} : { examples }) },
    };
  });
}

function answerOf({ response, files = [], pieces }: ApiRoute, components: Components): Json {
  const text = { schema: { type: 'string' } };
  const content: Json = Object.fromEntries(files.map((each) => [each, text]));
  if (response !== undefined) content['application/json'] = { schema: components.add(response, 'output') };
  if (pieces === undefined)
    return { description: response === undefined ? 'The file.' : 'The answer.', content };
  const isStream = pieces.contentType === 'text/event-stream';
  const kinds = Object.entries(pieces.kinds).map(([title, kind]) => {
    const schema = components.add(kind, 'output');
    return isStream ? eventOf(title, schema, pieces.areUnnamed === true) : { title, ...schema };
  });
  return { description: pieces.description, content: { [pieces.contentType]: { schema: { oneOf: kinds } } } };
}

/** A server-sent event as OpenAPI 3.2 describes one: its fields, of which `data` is text. */
function eventOf(name: string, data: Json, isUnnamed: boolean): Json {
  return {
    title: name,
    type: 'object',
    required: isUnnamed ? ['data'] : ['event', 'data'],
    properties: {
      ...(isUnnamed ? {} : { event: { const: name } }),
      id: { type: 'string' },
      data: { type: 'string', contentMediaType: 'application/json', contentSchema: data },
    },
  };
}

function json(schema: Json): Json {
  return { content: { 'application/json': { schema } } };
}

/** Schemas that refer to themselves are moved to one place of the document, each once. */
class Components {
  readonly schemas: Record<string, Json> = {};

  add(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _dialect,
      $defs = {},
      ...rest
    } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Record<string, Json> };
    const names = new Map(
      Object.entries($defs).map(([name, definition]) => [`#/$defs/${name}`, `Schema${hash(definition)}`]),
    );
    for (const [name, definition] of Object.entries($defs)) {
      const hoisted = names.get(`#/$defs/${name}`) ?? name;
      this.schemas[hoisted] ??= rename(definition, names) as Json;
    }
    return rename(rest, names) as Json;
  }
}

function rename(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const name = key === '$ref' && typeof item === 'string' ? names.get(item) : undefined;
      return [key, name === undefined ? rename(item, names) : `#/components/schemas/${name}`];
    }),
  );
}

/** Without the names of the references in it, which differ from schema to schema. */
function hash(definition: Json): string {
  const text = JSON.stringify(definition).replaceAll(/"\$ref":"[^"]*"/g, '"$ref":""');
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

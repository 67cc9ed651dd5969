// Drives the service with the `oci` command, as a shell script would, and prints one line for each behaviour checked.
// Usage: checks.ts OCI_BINARY ENDPOINT CONFIG_FILE, against a service that holds nothing yet.
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const [binary = '', endpoint = '', configFile = ''] = process.argv.slice(2);
const config = readFileSync(configFile, 'utf8');
const compartment = /^tenancy\s*=\s*(\S+)/m.exec(config)?.[1] ?? '';
/** Longer than the command itself goes on trying. */
const commandMs = 180_000;
let failed = 0;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

for (const section of [lifecycle, lists, messages, rawRequest, refusals, signatures, deletion]) {
  try {
    section();
  } catch (error) {
    check(`${section.name} runs to its end`, String(error), '');
  }
}
console.log('end');
process.exitCode = failed === 0 ? 0 : 1;

function check(behaviour: string, got: unknown, expected: unknown): void {
  if (isDeepStrictEqual(got, expected)) return console.log(`ok - ${behaviour}`);
  failed += 1;
  console.log(`not ok - ${behaviour}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}

function lifecycle(): void {
  const create = ['streaming', 'admin', 'stream', 'create', '--name', 'waited-for', '--partitions', '1', '--compartment-id', compartment];
  const done = run([...create, '--wait-for-state', 'SUCCEEDED', '--wait-interval-seconds', '1']);
  check('create --wait-for-state succeeds', done.status, 0);
  check('its standard error tells only that it waits', done.stderr, "Action completed. Waiting until the work request has entered state: ('SUCCEEDED',)\n");
  const workRequest = JSON.parse(done.stdout).data;
  check('its standard output is the work request as JSON', [workRequest.status, workRequest['operation-type']], ['SUCCEEDED', 'CREATE_STREAM']);

  const streamId: string = workRequest.resources[0].identifier;
  const stream = streaming('admin', 'stream', 'get', '--stream-id', streamId);
  check(
    'the stream it names is ACTIVE',
    [stream.data.name, stream.data.partitions, stream.data['lifecycle-state'], stream.data['messages-endpoint']],
    ['waited-for', 1, 'ACTIVE', endpoint],
  );
  check('stream get prints the etag', typeof stream.etag, 'string');

  const tags = ['admin', 'stream', 'update', '--stream-id', streamId, '--freeform-tags', '{"team":"oslo"}', '--force'];
  const updated = streaming(...tags, '--if-match', stream.etag);
  check('stream update changes the tags and the etag', [updated.data['freeform-tags'], updated.etag !== stream.etag], [{ team: 'oslo' }, true]);
  checkRefused('an update with the old etag', 412, 'NoEtagMatch', ['streaming', ...tags, '--if-match', stream.etag]);
  const waited = streaming(...tags, '--wait-for-state', 'SUCCEEDED');
  check('update --wait-for-state prints its work request', waited.data['operation-type'], 'UPDATE_STREAM');

  const plain = streaming('admin', 'stream', 'create', '--name', 'plain', '--partitions', '2', '--compartment-id', compartment);
  const found = streaming('admin', 'work-request', 'get', '--work-request-id', plain['opc-work-request-id']);
  check('work-request get leads from a plain create to its stream', found.data.resources[0].identifier, plain.data.id);
  const listed = streaming('admin', 'work-request-summary-collection', 'list-work-requests', '--compartment-id', compartment, '--all');
  check('list-work-requests prints the newest first', listed.data.items[0].id, plain['opc-work-request-id']);
  checkRefused('a second stream of the same name', 409, 'Conflict', create);
}

function lists(): void {
  for (const name of ['list-b', 'list-c', 'list-a']) createStream(name);
  const list = ['admin', 'stream', 'list', '--compartment-id', compartment];
  const first = streaming(...list, '--sort-by', 'NAME', '--limit', '2');
  check('stream list --limit gives that many, by name', names(first), ['list-a', 'list-b']);
  check('--page goes on from there', names(streaming(...list, '--sort-by', 'NAME', '--limit', '2', '--page', first['opc-next-page'])), ['list-c', 'plain']);
  check('--all goes through every page', names(streaming(...list, '--sort-by', 'NAME', '--all', '--page-size', '2')), ['list-a', 'list-b', 'list-c', 'plain', 'waited-for']);
  check('the newest comes first by default', names(streaming(...list, '--limit', '3')), ['list-a', 'list-c', 'list-b']);
  check('--sort-order ASC turns that round', names(streaming(...list, '--sort-order', 'ASC', '--limit', '2')), ['waited-for', 'plain']);
  check('--name finds one stream', names(streaming(...list, '--name', 'list-b')), ['list-b']);
  check('an empty list prints nothing, like any of OCI', run(['streaming', ...list, '--name', 'nobody']), { status: 0, stdout: '', stderr: '' });
}

function messages(): void {
  const streamId = createStream('messages');
  const sent = [{ key: base64('k'), value: base64('keyed ✓') }, { value: base64('not keyed') }, { key: null, value: base64('last') }];
  const put = streaming('stream', 'message', 'put', '--stream-id', streamId, '--messages', JSON.stringify(sent));
  const entries: readonly { readonly offset: number; readonly timestamp: string; readonly error: null }[] = put.data.entries;
  check('message put stores them all, in order', [put.data.failures, entries.map(({ offset, error }) => [offset, error])], [0, [[0, null], [1, null], [2, null]]]);

  const at = (type: string, ...more: readonly string[]): string =>
    streaming('stream', 'cursor', 'create-cursor', '--stream-id', streamId, '--partition', '0', '--type', type, ...more).data.value;
  const get = (cursor: string, ...more: readonly string[]) =>
    streaming('stream', 'message', 'get', '--stream-id', streamId, '--cursor', cursor, ...more);
  const offsets = (cursor: string): unknown => get(cursor).data?.map((message: { readonly offset: number }) => message.offset) ?? [];

  const all = get(at('TRIM_HORIZON')).data;
  check('message get gives keys and values back', all.map(({ key, value }: { key: unknown; value: unknown }) => ({ key, value })), [
    sent[0],
    { key: null, value: base64('not keyed') },
    sent[2],
  ]);
  const moment = entries[1]?.timestamp ?? '';
  check('AT_OFFSET begins with that offset', offsets(at('AT_OFFSET', '--offset', '1')), [1, 2]);
  check('AFTER_OFFSET begins behind it', offsets(at('AFTER_OFFSET', '--offset', '1')), [2]);
  check('AT_TIME begins with the first of that time', offsets(at('AT_TIME', '--time', moment)), entries.filter((entry) => entry.timestamp >= moment).map((entry) => entry.offset));
  check('LATEST begins with nothing', offsets(at('LATEST')), []);
  const two = get(at('TRIM_HORIZON'), '--limit', '2');
  check('--limit bounds the answer and opc-next-cursor goes on behind it', [two.data.length, offsets(two['opc-next-cursor'])], [2, [2]]);
  const cursors = Array.from({ length: 6 }, () => at('LATEST'));
  check('a cursor is one shell word that is no option', cursors.filter((cursor) => !/^[A-Za-z0-9][A-Za-z0-9_.~-]*$/.test(cursor)), []);
}

/** `oci raw-request` signs the body of PutMessages, which the SDKs do not. */
function rawRequest(): void {
  const streamId = createStream('raw');
  const uri = `${endpoint}/20180418/streams/${streamId}/messages`;
  const body = JSON.stringify({ messages: [{ value: base64('raw') }] });
  const put = json(run(['raw-request', '--http-method', 'POST', '--target-uri', uri, '--request-body', body], 'without --endpoint'));
  check('raw-request puts a message with a signed body', [put.status, put.data.failures, put.data.entries[0].offset], ['200 OK', 0, 0]);
}

function refusals(): void {
  const streamId = createStream('refusals');
  const put = ['streaming', 'stream', 'message', 'put', '--messages', JSON.stringify([{ value: base64('x') }]), '--stream-id'];
  checkRefused('a put to an unknown stream', 404, 'NotAuthorizedOrNotFound', [...put, 'ocid1.stream.oc1..unknown']);
  checkRefused('get of an unknown stream', 404, 'NotAuthorizedOrNotFound', ['streaming', 'admin', 'stream', 'get', '--stream-id', 'ocid1.stream.oc1..unknown']);
  checkRefused('a cursor that is none', 400, 'InvalidParameter', ['streaming', 'stream', 'message', 'get', '--stream-id', streamId, '--cursor', 'nonsense']);
  checkRefused('GetGroup, which is not there yet,', 501, 'MethodNotImplemented', ['streaming', 'stream', 'group', 'get', '--stream-id', streamId, '--group-name', 'readers']);
}

function signatures(): void {
  const keyFile = join(dirname(configFile), 'stranger.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(keyFile, `${privateKey.export({ type: 'pkcs8', format: 'pem' })}OCI_API_KEY\n`, { mode: 0o600 });
  const list = ['streaming', 'admin', 'stream', 'list', '--compartment-id', compartment];
  checkRefused('the wrong key', 401, 'NotAuthenticated', [...list, '--config-file', changedConfig('wrong-key', /^key_file.*$/m, `key_file=${keyFile}`)]);
  const nobody = Array.from({ length: 16 }, () => '00').join(':');
  checkRefused('a fingerprint nobody has', 401, 'NotAuthenticated', [...list, '--config-file', changedConfig('nobody', /^fingerprint.*$/m, `fingerprint=${nobody}`)]);
}

function deletion(): void {
  const streamId = createStream('short-lived');
  const done = streaming('admin', 'stream', 'delete', '--stream-id', streamId, '--force', '--wait-for-state', 'SUCCEEDED');
  check('delete --wait-for-state prints its work request', [done.data['operation-type'], done.data.resources[0].identifier], ['DELETE_STREAM', streamId]);
  const gone = streaming('admin', 'stream', 'get', '--stream-id', streamId);
  check('the record of a deleted stream stays readable', gone.data['lifecycle-state'], 'DELETED');
}

function createStream(name: string): string {
  const create = ['admin', 'stream', 'create', '--name', name, '--partitions', '1', '--compartment-id', compartment];
  return streaming(...create, '--wait-for-state', 'SUCCEEDED', '--wait-interval-seconds', '1').data.resources[0].identifier;
}

/** Runs `oci streaming …`, which must succeed and print no warning but that there are more pages, and gives its output. */
function streaming(...words: readonly string[]) {
  return json(run(['streaming', ...words]));
}

// The command's output has no type we could check it against: what matters of it is compared, member by member.
// biome-ignore lint/suspicious/noExplicitAny: see above
function json({ status, stdout, stderr }: Outcome): any {
  const warnings = stderr.replace(/^Action completed\. Waiting until .*\n/, '').replace(/^WARNING: This operation supports pagination .*\n/, '');
  if (status !== 0 || warnings !== '') throw new Error(`status ${status}, standard error: ${stderr}`);
  return stdout === '' ? {} : JSON.parse(stdout);
}

function run(words: readonly string[], target: 'with --endpoint' | 'without --endpoint' = 'with --endpoint'): Outcome {
  const file = words.includes('--config-file') ? [] : ['--config-file', configFile];
  const options = target === 'with --endpoint' ? [...file, '--endpoint', endpoint] : file;
  const { status, stdout, stderr } = spawnSync(binary, [...options, ...words], { encoding: 'utf8', timeout: commandMs });
  return { status, stdout, stderr };
}

function checkRefused(behaviour: string, status: number, code: string, words: readonly string[]): void {
  const outcome = run(words);
  const error = /^ServiceError:\n(\{.*\})\s*$/s.exec(outcome.stderr)?.[1];
  const { status: gotStatus, code: gotCode, 'opc-request-id': requestId } = JSON.parse(error ?? '{}');
  const got = [outcome.status, outcome.stdout, gotStatus, gotCode, /^[^/]+\/[0-9A-Fa-f]{32}\/[0-9A-Fa-f]{32}$/.test(requestId)];
  check(`${behaviour} is refused: ${status} ${code}`, error === undefined ? outcome : got, [1, '', status, code, true]);
}

function changedConfig(name: string, line: RegExp, replacement: string): string {
  const file = join(dirname(configFile), `config-${name}`);
  writeFileSync(file, config.replace(line, replacement), { mode: 0o600 });
  return file;
}

function names(list: { readonly data: readonly { readonly name: string }[] }): readonly string[] {
  return list.data.map((stream) => stream.name);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

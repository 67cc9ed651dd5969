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

for (const section of [lifecycle, lists, messages, groups, rawRequest, refusals, signatures, deletion]) {
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

function checkRefused(behaviour: string, status: number, code: string, command: string, file: string = configFile): void {
  const outcome = run(`streaming ${command}`, file);
  const error = JSON.parse(/^ServiceError:\n(\{.*\})\s*$/s.exec(outcome.stderr)?.[1] ?? 'null');
  const hasThreeParts = /^[^/]+\/[0-9A-Fa-f]{32}\/[0-9A-Fa-f]{32}$/.test(error?.['opc-request-id']);
  const got = error === null ? outcome : [outcome.status, outcome.stdout, error.status, error.code, hasThreeParts];
  check(`${behaviour} is refused: ${status} ${code}`, got, [1, '', status, code, true]);
}

function lifecycle(): void {
  const create = `admin stream create --name waited-for --partitions 1 --compartment-id ${compartment}`;
  const done = run(`streaming ${create} --wait-for-state SUCCEEDED --wait-interval-seconds 1`);
  check('create --wait-for-state succeeds', done.status, 0);
  const announced = "Action completed. Waiting until the work request has entered state: ('SUCCEEDED',)\n";
  check('its standard error tells only that it waits', done.stderr, announced);
  const made = JSON.parse(done.stdout).data;
  check('its standard output is the work request as JSON', [made.status, made['operation-type']], ['SUCCEEDED', 'CREATE_STREAM']);

  const streamId: string = made.resources[0].identifier;
  const { data: stream, etag } = streaming(`admin stream get --stream-id ${streamId}`);
  const shown = [stream.name, stream.partitions, stream['lifecycle-state'], stream['messages-endpoint']];
  check('the stream it names is ACTIVE', shown, ['waited-for', 1, 'ACTIVE', endpoint]);
  check('stream get prints the etag', typeof etag, 'string');

  const update = `admin stream update --stream-id ${streamId} --freeform-tags {"team":"oslo"} --force`;
  const updated = streaming(`${update} --if-match ${etag}`);
  check('stream update changes the tags and the etag', [updated.data['freeform-tags'], updated.etag !== etag], [{ team: 'oslo' }, true]);
  checkRefused('an update with the old etag', 412, 'NoEtagMatch', `${update} --if-match ${etag}`);
  const waited = streaming(`${update} --wait-for-state SUCCEEDED`);
  check('update --wait-for-state prints its work request', waited.data['operation-type'], 'UPDATE_STREAM');

  const plain = streaming(`admin stream create --name plain --partitions 2 --compartment-id ${compartment}`);
  const workRequestId = plain['opc-work-request-id'];
  const found = streaming(`admin work-request get --work-request-id ${workRequestId}`);
  check('work-request get leads from a plain create to its stream', found.data.resources[0].identifier, plain.data.id);
  const listed = streaming(`admin work-request-summary-collection list-work-requests --compartment-id ${compartment} --all`);
  check('list-work-requests prints the newest first', listed.data.items[0].id, workRequestId);
  checkRefused('a second stream of the same name', 409, 'Conflict', create);
}

function lists(): void {
  for (const name of ['list-b', 'list-c', 'list-a']) createStream(name);
  const list = `admin stream list --compartment-id ${compartment}`;
  const first = streaming(`${list} --sort-by NAME --limit 2`);
  check('stream list --limit gives that many, by name', names(first), ['list-a', 'list-b']);
  const second = streaming(`${list} --sort-by NAME --limit 2 --page ${first['opc-next-page']}`);
  check('--page goes on from there', names(second), ['list-c', 'plain']);
  const all = streaming(`${list} --sort-by NAME --all --page-size 2`);
  check('--all goes through every page', names(all), ['list-a', 'list-b', 'list-c', 'plain', 'waited-for']);
  check('the newest comes first by default', names(streaming(`${list} --limit 3`)), ['list-a', 'list-c', 'list-b']);
  check('--sort-order ASC turns that round', names(streaming(`${list} --sort-order ASC --limit 2`)), ['waited-for', 'plain']);
  check('--name finds one stream', names(streaming(`${list} --name list-b`)), ['list-b']);
  const nobody = run(`streaming ${list} --name nobody`);
  check('an empty list prints nothing, like any of OCI', nobody, { status: 0, stdout: '', stderr: '' });
}

function messages(): void {
  const streamId = createStream('messages');
  const sent = [{ key: base64('k'), value: base64('keyed ✓') }, { value: base64('not keyed') }, { key: null, value: base64('last') }];
  const put = streaming(`stream message put --stream-id ${streamId} --messages ${JSON.stringify(sent)}`);
  const entries: readonly { readonly offset: number; readonly timestamp: string }[] = put.data.entries;
  check('message put stores them all, in order', [put.data.failures, entries.map(({ offset }) => offset)], [0, [0, 1, 2]]);

  const at = (where: string): string =>
    streaming(`stream cursor create-cursor --stream-id ${streamId} --partition 0 --type ${where}`).data.value;
  const get = (words: string) => streaming(`stream message get --stream-id ${streamId} --cursor ${words}`);
  const offsets = (cursor: string): unknown => offsetsOf(get(cursor));

  const read: readonly { readonly key: unknown; readonly value: unknown }[] = get(at('TRIM_HORIZON')).data;
  const expected = sent.map(({ key, value }) => ({ key: key ?? null, value }));
  check(
    'message get gives keys and values back',
    read.map(({ key, value }) => ({ key, value })),
    expected,
  );
  const moment = entries[1]?.timestamp ?? '';
  const since = entries.filter(({ timestamp }) => timestamp >= moment).map(({ offset }) => offset);
  check('AT_OFFSET begins with that offset', offsets(at('AT_OFFSET --offset 1')), [1, 2]);
  check('AFTER_OFFSET begins behind it', offsets(at('AFTER_OFFSET --offset 1')), [2]);
  check('AT_TIME begins with the first of that time', offsets(at(`AT_TIME --time ${moment}`)), since);
  check('LATEST begins with nothing', offsets(at('LATEST')), []);
  const two = get(`${at('TRIM_HORIZON')} --limit 2`);
  check('--limit bounds the answer and opc-next-cursor goes on behind it', [two.data.length, offsets(two['opc-next-cursor'])], [2, [2]]);
  const cursors = Array.from({ length: 6 }, () => at('LATEST'));
  const unfit = cursors.filter((cursor) => !/^[A-Za-z0-9][\w.~-]*$/.test(cursor));
  check('a cursor is one shell word and no option', unfit, []);
}

function groups(): void {
  const streamId = createStream('groups');
  const stored = JSON.stringify(['a', 'b', 'c'].map((text) => ({ value: base64(text) })));
  streaming(`stream message put --stream-id ${streamId} --messages ${stored}`);
  const group = (words: string) => streaming(`stream group ${words} --stream-id ${streamId}`);
  const get = (cursor: string) => streaming(`stream message get --stream-id ${streamId} --cursor ${cursor}`);

  const details = '--group-name readers --instance-name reader --type TRIM_HORIZON --commit-on-get false --timeout-in-ms 600000';
  const { data: joined } = streaming(`stream cursor create-group-cursor --stream-id ${streamId} ${details}`);
  const read = get(joined.value);
  check('create-group-cursor gives a cursor to read with', offsetsOf(read), [0, 1, 2]);
  const kept = group(`heartbeat --cursor ${read['opc-next-cursor']}`).data.value;
  const [held] = group('get --group-name readers').data.reservations;
  const shown = [held.partition, held['committed-offset'], held['reserved-instance']];
  check('group get tells who holds the partition, and that nothing is committed', shown, ['0', null, 'reader']);
  const next = group(`commit --cursor ${kept}`).data.value;
  const [committed] = group('get --group-name readers').data.reservations;
  check('group commit commits what the cursor of the heartbeat stands for', committed['committed-offset'], 2);
  check('and the cursor it gives goes on behind that', offsetsOf(get(next)), []);
  const reset = run(`streaming stream group update --stream-id ${streamId} --group-name readers --type TRIM_HORIZON`);
  check('group update succeeds, asks nothing and prints nothing', reset, { status: 0, stdout: '', stderr: '' });
  const [freed] = group('get --group-name readers').data.reservations;
  check(
    'and the group begins again',
    [freed['committed-offset'], freed['reserved-instance'], offsetsOf(get(next))],
    [null, null, [0, 1, 2]],
  );
}

/** `oci raw-request` signs the body of PutMessages, which the SDKs do not. */
function rawRequest(): void {
  const streamId = createStream('raw');
  const uri = `${endpoint}/20180418/streams/${streamId}/messages`;
  const body = JSON.stringify({ messages: [{ value: base64('raw') }] });
  const put = json(run(`raw-request --http-method POST --target-uri ${uri} --request-body ${body}`));
  check('raw-request puts a message with a signed body', [put.status, put.data.failures, put.data.entries[0].offset], ['200 OK', 0, 0]);
}

function refusals(): void {
  const streamId = createStream('refusals');
  const unknown = 'ocid1.stream.oc1..unknown';
  const put = `stream message put --messages ${JSON.stringify([{ value: base64('x') }])}`;
  checkRefused('a put to an unknown stream', 404, 'NotAuthorizedOrNotFound', `${put} --stream-id ${unknown}`);
  checkRefused('get of an unknown stream', 404, 'NotAuthorizedOrNotFound', `admin stream get --stream-id ${unknown}`);
  checkRefused('a cursor that is none', 400, 'InvalidParameter', `stream message get --stream-id ${streamId} --cursor nonsense`);
  checkRefused('an unknown group', 404, 'NotAuthorizedOrNotFound', `stream group get --stream-id ${streamId} --group-name nobody`);
  checkRefused(
    'a commit with a cursor that is none',
    400,
    'InvalidParameter',
    `stream group commit --stream-id ${streamId} --cursor nonsense`,
  );
}

function signatures(): void {
  const keyFile = join(dirname(configFile), 'stranger.pem');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  writeFileSync(keyFile, `${privateKey}OCI_API_KEY\n`, { mode: 0o600 });
  const list = `admin stream list --compartment-id ${compartment}`;
  checkRefused('the wrong key', 401, 'NotAuthenticated', list, changedConfig('key_file', keyFile));
  const nobody = Array.from({ length: 16 }, () => '00').join(':');
  checkRefused('a fingerprint nobody has', 401, 'NotAuthenticated', list, changedConfig('fingerprint', nobody));
}

function deletion(): void {
  const streamId = createStream('short-lived');
  const done = streaming(`admin stream delete --stream-id ${streamId} --force --wait-for-state SUCCEEDED`);
  const told = [done.data['operation-type'], done.data.resources[0].identifier];
  check('delete --wait-for-state prints its work request', told, ['DELETE_STREAM', streamId]);
  const gone = streaming(`admin stream get --stream-id ${streamId}`);
  check('the record of a deleted stream stays readable', gone.data['lifecycle-state'], 'DELETED');
}

function createStream(name: string): string {
  const create = `admin stream create --name ${name} --partitions 1 --compartment-id ${compartment}`;
  return streaming(`${create} --wait-for-state SUCCEEDED --wait-interval-seconds 1`).data.resources[0].identifier;
}

/** Runs `oci streaming …`, which must succeed and print no warning but that there are more pages, and gives its output. */
function streaming(command: string) {
  return json(run(`streaming ${command}`));
}

/** What the command printed. Of no type: what matters of it is compared, member by member. */
function json({ status, stdout, stderr }: Outcome) {
  const expected = /^(Action completed\. Waiting until |WARNING: This operation supports pagination ).*\n/;
  if (status !== 0 || stderr.replace(expected, '') !== '') throw new Error(`status ${status}, standard error: ${stderr}`);
  return stdout === '' ? {} : JSON.parse(stdout);
}

/** Runs the command; its words stand between single spaces and hold none. `raw-request` takes a whole URL and no endpoint. */
function run(command: string, file: string = configFile): Outcome {
  const target = command.startsWith('raw-request') ? [] : ['--endpoint', endpoint];
  const options = { encoding: 'utf8', timeout: commandMs } as const;
  const { status, stdout, stderr } = spawnSync(binary, ['--config-file', file, ...target, ...command.split(' ')], options);
  return { status, stdout, stderr };
}

/** A copy of the config file with another value for `key`. */
function changedConfig(key: string, value: string): string {
  const file = join(dirname(configFile), `config-${key}`);
  writeFileSync(file, config.replace(new RegExp(`^${key}\\s*=.*$`, 'm'), `${key}=${value}`), { mode: 0o600 });
  return file;
}

/** Nothing is printed in place of an empty list. */
function offsetsOf({ data = [] }: { readonly data?: readonly { readonly offset: number }[] }): readonly number[] {
  return data.map(({ offset }) => offset);
}

function names(list: { readonly data: readonly { readonly name: string }[] }): readonly string[] {
  return list.data.map((stream) => stream.name);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

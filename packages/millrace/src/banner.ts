// What a start prints: where it listens, where data lie, what an acknowledgement means, and lines that run as they stand.
import { resolve } from 'node:path';
import type { Server } from 'millrace-server';

const meaning = {
  none: 'kept in memory only; everything is gone when the process ends (memory engine)',
  async: 'handed to the operating system and synced to the disk soon after (embedded engine, async)',
  sync: 'written and synced to the disk (embedded engine, sync)',
} as const;

const acceptsDamage = '  Damage        accepted (--accept-damage): warnings in the log name what is lost; leave it out at the next start';

/** The banner of a running server, ending with a line break. */
export function banner(server: Server): string {
  const { url, identity, durability, options, streams } = server;
  const endpoint = options.publicUrl ?? url;
  const [stream] = streams;
  const facts = [
    `Millrace is ready at ${url}`,
    '',
    `  Endpoint      ${endpoint}`,
    `  Data          ${options.engine === 'memory' ? 'in memory' : resolve(options.data)}`,
    `  Acknowledged  ${meaning[durability]}`,
    ...(options.acceptDamage ? [acceptsDamage] : []),
    `  Config file   ${identity.configPath}`,
    '  Profile       DEFAULT',
    `  Compartment   ${identity.tenancyId}`,
    ...streams.map(({ name, partitions, id }) => `  Stream        ${name}, ${partitions} partition(s): ${id}`),
    '',
  ];
  const examples =
    stream === undefined
      ? createLines(endpoint, identity.configPath, identity.tenancyId)
      : putLines(endpoint, identity.configPath, stream.id);
  return `${[...facts, ...examples, '', 'Press Ctrl+C to stop.'].join('\n')}\n`;
}

/** Without a stream: how to make one. */
function createLines(endpoint: string, config: string, compartment: string): string[] {
  return [
    'Make a stream:',
    '',
    `  oci streaming admin stream create --config-file ${word(config)} --endpoint ${endpoint} --compartment-id ${compartment} --name orders --partitions 1`,
    '',
    '  or start with --stream orders:1',
  ];
}

/** With a stream: a message through each SDK. The value is base64 of "hello". */
function putLines(endpoint: string, config: string, stream: string): string[] {
  return [
    'Put a message ("hello", base64):',
    '',
    '  oci command',
    `    oci streaming stream message put --config-file ${word(config)} --endpoint ${endpoint} --stream-id ${stream} --messages ${word('[{"value": "aGVsbG8="}]')}`,
    '',
    '  Python (pip install oci)',
    `    python3 -c ${word(pythonPut(endpoint, config, stream))}`,
    '',
    '  TypeScript (npm install oci-streaming oci-common)',
    `    node -e ${word(nodePut(endpoint, config, stream))}`,
    '',
    '  Java (jshell with com.oracle.oci.sdk:oci-java-sdk-streaming and an HTTP client of that SDK on its class path)',
    `    ${javaPut(endpoint, config, stream)}`,
  ];
}

function pythonPut(endpoint: string, config: string, stream: string): string {
  const client = `oci.streaming.StreamClient(oci.config.from_file(${literal(config)}), ${literal(endpoint)})`;
  return `import oci; print(${client}.put_messages(${literal(stream)}, {"messages": [{"value": "aGVsbG8="}]}).data)`;
}

function nodePut(endpoint: string, config: string, stream: string): string {
  const provider = `new (require("oci-common").ConfigFileAuthenticationDetailsProvider)(${literal(config)}, "DEFAULT")`;
  const client = `const client = new (require("oci-streaming").StreamClient)({ authenticationDetailsProvider: ${provider} })`;
  const put = `client.putMessages({ streamId: ${literal(stream)}, putMessagesDetails: { messages: [{ value: "aGVsbG8=" }] } })`;
  return `${client}; client.endpoint = ${literal(endpoint)}; ${put}.then((answer) => console.log(answer.putMessagesResult))`;
}

function javaPut(endpoint: string, config: string, stream: string): string {
  const provider = `new com.oracle.bmc.auth.ConfigFileAuthenticationDetailsProvider(${literal(config)}, "DEFAULT")`;
  const client = `com.oracle.bmc.streaming.StreamClient.builder().endpoint(${literal(endpoint)}).build(${provider})`;
  const entry = 'com.oracle.bmc.streaming.model.PutMessagesDetailsEntry.builder().value("hello".getBytes()).build()';
  const details = `com.oracle.bmc.streaming.model.PutMessagesDetails.builder().messages(java.util.List.of(${entry})).build()`;
  const request = `com.oracle.bmc.streaming.requests.PutMessagesRequest.builder().streamId(${literal(stream)}).putMessagesDetails(${details}).build()`;
  return `System.out.println(${client}.putMessages(${request}).getPutMessagesResult())`;
}

/** A string literal, the same in Python, JavaScript and Java for paths and addresses. */
function literal(text: string): string {
  return JSON.stringify(text);
}

/** One word of a POSIX shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

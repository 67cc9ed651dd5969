// What a start prints: where it listens, where data lie, what an acknowledgement means, and lines that run as they stand.
import { resolve } from 'node:path';
import type { Server } from 'millrace-server';

const meaning = {
  none: 'kept in memory only; everything is gone when the process ends (memory engine)',
  async: 'handed to the operating system and synced to the disk soon after (embedded engine, async)',
  sync: 'written and synced to the disk (embedded engine, sync)',
} as const;

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
    `  Config file   ${identity.configPath}`,
    '  Profile       DEFAULT',
    `  Compartment   ${identity.tenancyId}`,
    ...streams.map(({ name, partitions, id }) => `  Stream        ${name}, ${partitions} partition(s): ${id}`),
    '',
  ];
  const examples = stream === undefined ? createLines(endpoint, identity.configPath, identity.tenancyId) : putLines(endpoint, identity.configPath, stream.id);
  return `${[...facts, ...examples, '', 'Press Ctrl+C to stop.'].join('\n')}\n`;
}

/** Without a stream: how to make one. */
function createLines(endpoint: string, config: string, compartment: string): string[] {
  return [
    'Make a stream:',
    '',
    `  oci streaming admin stream create --config-file ${config} --endpoint ${endpoint} --compartment-id ${compartment} --name orders --partitions 1`,
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
    `    oci streaming stream message put --config-file ${config} --endpoint ${endpoint} --stream-id ${stream} --messages '[{"value": "aGVsbG8="}]'`,
    '',
    '  Python (pip install oci)',
    `    python3 -c 'import oci; print(oci.streaming.StreamClient(oci.config.from_file("${config}"), "${endpoint}").put_messages("${stream}", {"messages": [{"value": "aGVsbG8="}]}).data)'`,
    '',
    '  TypeScript (npm install oci-streaming oci-common)',
    `    node -e 'const c = new (require("oci-streaming").StreamClient)({ authenticationDetailsProvider: new (require("oci-common").ConfigFileAuthenticationDetailsProvider)("${config}", "DEFAULT") }); c.endpoint = "${endpoint}"; c.putMessages({ streamId: "${stream}", putMessagesDetails: { messages: [{ value: "aGVsbG8=" }] } }).then((r) => console.log(r.putMessagesResult))'`,
    '',
    '  Java (jshell with com.oracle.oci.sdk:oci-java-sdk-streaming on its class path)',
    `    System.out.println(com.oracle.bmc.streaming.StreamClient.builder().endpoint("${endpoint}").build(new com.oracle.bmc.auth.ConfigFileAuthenticationDetailsProvider("${config}", "DEFAULT")).putMessages(com.oracle.bmc.streaming.requests.PutMessagesRequest.builder().streamId("${stream}").putMessagesDetails(com.oracle.bmc.streaming.model.PutMessagesDetails.builder().messages(java.util.List.of(com.oracle.bmc.streaming.model.PutMessagesDetailsEntry.builder().value("hello".getBytes()).build())).build()).build()).getPutMessagesResult())`,
  ];
}

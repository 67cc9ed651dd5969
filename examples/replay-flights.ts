// Replays five thousand real flights through the official client, keyed by their airport of origin, and reads them back:
// every record the same to the byte, in order for each airport.
//
//   node examples/replay-flights.ts <OCI config file> <endpoint> <compartment OCID>
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import common from 'oci-common';
import streaming from 'oci-streaming';

/** Where a service is, and as whom to call it. */
export interface Connection {
  readonly configPath: string;
  readonly endpoint: string;
  readonly compartmentId: string;
}

/** One record: the airport and the flight's bytes. */
interface FlightRecord {
  readonly airport: string;
  readonly bytes: Buffer;
}

const partitions = 4;
const flightsPerPut = 250;

/** Replays all flights into a new stream and checks what comes back; answers how many flights from how many airports. */
export async function replayFlights({ configPath, endpoint, compartmentId }: Connection): Promise<{ flights: number; airports: number }> {
  const authenticationDetailsProvider = new common.ConfigFileAuthenticationDetailsProvider(configPath, 'DEFAULT');
  const admin = new streaming.StreamAdminClient({ authenticationDetailsProvider });
  const client = new streaming.StreamClient({ authenticationDetailsProvider });
  admin.endpoint = endpoint;
  client.endpoint = endpoint;

  const { stream } = await admin.createStream({ createStreamDetails: { name: `flights-${Date.now()}`, partitions, compartmentId } });
  const sent = await readFlights();
  for (let first = 0; first < sent.length; first += flightsPerPut) {
    await putFlights(client, stream.id, sent.slice(first, first + flightsPerPut));
  }
  const received = (
    await Promise.all(Array.from({ length: partitions }, (_, partition) => readPartition(client, stream.id, partition)))
  ).flat();
  compare(byAirport(sent), byAirport(received));
  return { flights: received.length, airports: byAirport(received).size };
}

async function readFlights(): Promise<FlightRecord[]> {
  // The package's data files are not among its exports; they lie beside its code.
  const path = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-5k.json');
  const flights = JSON.parse(await readFile(path, 'utf8')) as { origin: string }[];
  return flights.map((flight) => ({ airport: flight.origin, bytes: Buffer.from(JSON.stringify(flight)) }));
}

async function putFlights(client: streaming.StreamClient, streamId: string, flights: readonly FlightRecord[]): Promise<void> {
  const messages = flights.map(({ airport, bytes }) => ({ key: Buffer.from(airport).toString('base64'), value: bytes.toString('base64') }));
  const { putMessagesResult } = await client.putMessages({ streamId, putMessagesDetails: { messages } });
  if (putMessagesResult.failures > 0) throw new Error(`${putMessagesResult.failures} of ${flights.length} flights were refused.`);
}

async function readPartition(client: streaming.StreamClient, streamId: string, partition: number): Promise<FlightRecord[]> {
  const type = streaming.models.CreateCursorDetails.Type.TrimHorizon;
  const created = await client.createCursor({ streamId, createCursorDetails: { partition: String(partition), type } });
  const received: FlightRecord[] = [];
  let cursor = created.cursor.value;
  for (;;) {
    const { items, opcNextCursor } = await client.getMessages({ streamId, cursor, limit: 1000 });
    if (items.length === 0) return received;
    for (const { key, value } of items)
      received.push({ airport: Buffer.from(key, 'base64').toString(), bytes: Buffer.from(value, 'base64') });
    cursor = opcNextCursor;
  }
}

function byAirport(flights: readonly FlightRecord[]): Map<string, Buffer[]> {
  const grouped = new Map<string, Buffer[]>();
  for (const { airport, bytes } of flights) grouped.set(airport, [...(grouped.get(airport) ?? []), bytes]);
  return grouped;
}

/** Throws unless both hold the same bytes in the same order for every airport. */
function compare(sent: Map<string, Buffer[]>, received: Map<string, Buffer[]>): void {
  if (sent.size !== received.size) throw new Error(`Sent flights from ${sent.size} airports, received from ${received.size}.`);
  for (const [airport, flights] of sent) {
    const back = received.get(airport) ?? [];
    const same = back.length === flights.length && flights.every((bytes, index) => bytes.equals(back[index] ?? Buffer.alloc(0)));
    if (!same) throw new Error(`The flights from ${airport} did not come back as they were sent.`);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , configPath = '', endpoint = '', compartmentId = ''] = argv;
  console.log(await replayFlights({ configPath, endpoint, compartmentId }));
}

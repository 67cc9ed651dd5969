// What is noted of a connection goes with it.
import { EventEmitter, getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Connections } from '../../src/http/connections.ts';

function setUp() {
  const draining = new AbortController();
  return { draining, connections: new Connections(draining.signal), socket: new Socket() };
}

/** A response to a request that has arrived whole, or not. */
function responseTo(complete: boolean): ServerResponse {
  return Object.assign(new EventEmitter(), { req: { complete } }) as unknown as ServerResponse; // All that is looked at.
}

test('all reads of a connection wait with one signal, which aborts when the connection is closed, and leave nothing behind', async () => {
  const { draining, connections, socket } = setUp();
  const signal = connections.goneSignal(socket);
  for (let read = 0; read < 20; read++) expect(connections.goneSignal(socket)).toBe(signal);
  expect(getEventListeners(draining.signal, 'abort')).toHaveLength(1);
  socket.destroy();
  await once(socket, 'close');
  expect(signal.aborted).toBe(true);
  expect(getEventListeners(draining.signal, 'abort')).toEqual([]);
});

test('it aborts when the server stops waiting, and is aborted at once on what is gone already', () => {
  const { draining, connections, socket } = setUp();
  const signal = connections.goneSignal(socket);
  const gone = new Socket();
  gone.destroy();
  expect(connections.goneSignal(gone).aborted).toBe(true);
  expect(signal.aborted).toBe(false);
  draining.abort();
  expect(signal.aborted).toBe(true);
  expect(connections.goneSignal(new Socket()).aborted).toBe(true);
  socket.destroy();
});

test('the last answer under way is that of the last request that has arrived whole and is not answered', () => {
  const { connections, socket } = setUp();
  const [first, second, third] = [responseTo(true), responseTo(true), responseTo(false)] as const;
  expect(connections.lastAnswerOn(socket)).toBeUndefined();
  for (const response of [first, second, third]) connections.note(socket, response);
  expect(connections.lastAnswerOn(socket)).toBe(second);
  expect(connections.lastAnswerOn(new Socket())).toBeUndefined();
  second.emit('close');
  expect(connections.lastAnswerOn(socket)).toBe(first);
  first.emit('close');
  expect(connections.lastAnswerOn(socket)).toBeUndefined();
  socket.destroy();
});

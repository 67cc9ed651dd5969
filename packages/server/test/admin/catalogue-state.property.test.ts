// The catalogue's state through a snapshot: whatever was commanded before and comes after, nothing shows that there was one.
import fc from 'fast-check';
import { anyBytes, damaged } from 'millrace-records/test-support';
import { expect, test } from 'vitest';
import { type CatalogueCommand, type CatalogueState, catalogueMachine } from '../../src/admin/catalogue-state.ts';

const dayMs = 86_400_000;
const id = fc.constantFrom('a', 'b', 'c', 'd');
const workRequestId = fc.nat({ max: 50 }).map((number) => `w${number}`);
const ifMatch = fc.oneof(
  fc.constant({}),
  fc.nat({ max: 12 }).map((offset) => ({ ifMatch: String(offset) })),
);
const tags = { freeformTags: fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }), definedTags: fc.constant({}) };
const target = fc.oneof(
  fc.constantFrom('x', 'y').map((compartmentId) => ({ compartmentId })),
  fc.constantFrom('px', 'none').map((streamPoolId) => ({ streamPoolId })),
);
const stream = fc
  .tuple(
    fc.record({
      name: fc.constantFrom('one', 'two'),
      partitions: fc.integer({ min: 1, max: 9 }),
      retentionInHours: fc.constant(24),
      ...tags,
    }),
    target,
  )
  .map(([details, where]) => ({ ...details, ...where }));
const command: fc.Arbitrary<CatalogueCommand> = fc.oneof(
  fc.base64String().map((cursorKey) => ({ v: 1 as const, kind: 'INIT' as const, format: 1 as const, cursorKey, groupLogCount: 16 })),
  fc.record({
    v: fc.constant(1 as const),
    kind: fc.constant('CREATE_STREAM' as const),
    id,
    poolId: fc.constantFrom('px', 'py'),
    workRequestId,
    stream,
  }),
  fc.record({ v: fc.constant(1 as const), kind: fc.constantFrom('STREAM_CREATED' as const, 'STREAM_DELETED' as const), id }),
  fc
    .tuple(
      fc.record({ v: fc.constant(1 as const), kind: fc.constant('UPDATE_STREAM' as const), id, workRequestId }),
      fc.record(tags),
      ifMatch,
    )
    .map(([change, given, match]) => ({ ...change, ...given, ...match })),
  fc
    .tuple(fc.record({ v: fc.constant(1 as const), kind: fc.constant('DELETE_STREAM' as const), id, workRequestId }), ifMatch)
    .map(([change, match]) => ({ ...change, ...match })),
);
const steps = fc.array(fc.tuple(command, fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 60 * dayMs }))), { maxLength: 25 });

test('after a snapshot every command is answered, and leaves a state, as if there had been none', () => {
  fc.assert(
    fc.property(steps, fc.nat({ max: 25 }), (given, at) => {
      const state = catalogueMachine.initialState();
      let restored: CatalogueState | undefined;
      let now = 0;
      for (const [offset, [each, laterMs]] of given.entries()) {
        now += laterMs;
        if (offset === at) restored = throughJson(state);
        const answer = apply(state, each, offset, now);
        if (restored !== undefined) expect(apply(restored, each, offset, now)).toEqual(answer);
      }
      // Entries in their order: lists are answered in it.
      expect(shown(restored ?? throughJson(state))).toEqual(shown(state));
    }),
  );
});

test('a command comes back from its bytes; what is none is refused', () => {
  fc.assert(
    fc.property(command, (each) => {
      expect(catalogueMachine.parseCommand(JSON.parse(JSON.stringify(each)))).toEqual(each);
    }),
  );
  const hostile = fc.oneof(
    damaged(command.map((each) => Buffer.from(JSON.stringify(each)))).map(({ after }) => after),
    anyBytes(60),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      let parsed: unknown;
      try {
        parsed = catalogueMachine.parseCommand(JSON.parse(bytes.toString()));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return;
      }
      expect(parsed).toMatchObject({ v: 1 });
    }),
  );
});

function apply(state: CatalogueState, each: CatalogueCommand, offset: number, now: number): unknown {
  return catalogueMachine.apply(state, each, { offset, now });
}

function throughJson(state: CatalogueState): CatalogueState {
  return catalogueMachine.decodeState(JSON.parse(JSON.stringify(catalogueMachine.encodeState(state))));
}

function shown(state: CatalogueState): unknown {
  return Object.entries(state).map(([name, value]) => [name, value instanceof Map ? [...value] : value]);
}

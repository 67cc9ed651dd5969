// What tests of other packages need of this one.
export { openIdentity } from '../../src/identity/local-identity.ts';
export { systemRandom } from '../../src/random.ts';
export { SignedClient } from './signed-client.ts';
export { TestClock } from './test-clock.ts';
export { base64, createCursor } from './test-server.ts';

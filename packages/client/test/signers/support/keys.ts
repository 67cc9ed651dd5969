// Keys are slow to make: one pair for all tests of a file.
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';

/** An RSA-2048 pair. */
export function rsaPair(): KeyPairKeyObjectResult {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

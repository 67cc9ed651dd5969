/** This is no RSA private key, or the passphrase does not open it. */
export class InvalidPrivateKey extends Error {
  override readonly name = 'InvalidPrivateKey';
}

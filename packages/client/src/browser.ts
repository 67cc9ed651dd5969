// The client in a page, and wherever else there are fetch and WebCrypto: no files, no module of Node. Its build takes `#codec` and
// `#runtime` from web/.
export * from './portable.ts';
export { FetchTransport } from './web/fetch-transport.ts';
export { Signer, type SignerOptions } from './web/signer.ts';

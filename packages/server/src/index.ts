export { type Environment, type Server, type StartOptions, startServer } from './app.ts';
export { createIdentity, type LocalIdentity } from './identity/local-identity.ts';
export { createLogger, type Logger } from './observe/logger.ts';
export { InvalidOption, type ServeOptions, type StreamToMake } from './options.ts';

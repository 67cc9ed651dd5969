// The client on Node, and where Node's modules are.
export { validateConfig } from './config/client-config.ts';
export { ConfigFileNotFound, configFromFile, InvalidConfigFile, ProfileNotFound } from './config/config-file.ts';
export { NodeTransport } from './node-transport.ts';
export * from './portable.ts';
export { Signer, type SignerOptions } from './signers/api-key-signer.ts';
export { DelegationTokenSigner, type DelegationTokenSignerOptions } from './signers/delegation-token-signer.ts';
export { type InstancePrincipalsOptions, InstancePrincipalsSecurityTokenSigner } from './signers/instance-principals-signer.ts';
export { MissingPrivateKeyPassphrase } from './signers/private-key.ts';
export { UnreadableFile } from './signers/read-text-file.ts';
export { type ResourcePrincipalsOptions, ResourcePrincipalsSigner } from './signers/resource-principals-signer.ts';
export { SecurityTokenSigner, type SecurityTokenSignerOptions } from './signers/security-token-signer.ts';
export { TokenError } from './signers/token-error.ts';

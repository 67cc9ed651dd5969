// How the client names itself. The version is that of package.json, which a test compares.

/** Version of this client, as in its package.json. */
export const version = '0.1.0';

/** Header `opc-client-info`, and the beginning of `user-agent`. */
export const clientInfo: string = `Millrace-TypeScriptClient/${version}`;

// A server inside a test: started, used and gone again with the block it stands in.

/** Starts a server with a stream, and answers its address, its compartment and the stream's id. */
export async function inProcess(ociDir: string): Promise<{ url: string; compartmentId: string; streamId: string | undefined }> {
  // #region in-process
  const { startServer } = await import('millrace-server');

  await using server = await startServer({ engine: 'memory', port: 0, ociDir, stream: ['orders:3'] });
  const { url, identity, streams } = server;
  // #endregion in-process
  return { url, compartmentId: identity.tenancyId, streamId: streams[0]?.id };
}

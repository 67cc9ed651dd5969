// The OCI config file: INI without interpolation, where other profiles inherit from DEFAULT (OCI "SDK and CLI Configuration File").

/** The entries of `profile`, those of DEFAULT included. Throws an error naming `path` and the line if the text is no such file. */
export function readProfile(text: string, profile: string, path: string): ReadonlyMap<string, string> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const name = /^\[(.+)\]$/.exec(line)?.[1];
    if (name !== undefined) {
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1 || section === undefined)
      throw new Error(`${path}, line ${index + 1}: expected [profile] or name=value, got ${JSON.stringify(line)}.`);
    section.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  const found = sections.get(profile);
  if (found === undefined) throw new Error(`${path} has no profile ${profile}.`);
  return new Map([...(sections.get('DEFAULT') ?? []), ...found]);
}

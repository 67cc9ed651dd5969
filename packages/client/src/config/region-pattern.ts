/** What a region, or a domain, may be written with: it becomes part of a host name. */
export const regionPattern: RegExp = /^[a-z\d-]+(?:\.[a-z\d-]+)*$/i;

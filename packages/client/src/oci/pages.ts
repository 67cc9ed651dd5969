// Lists without pages. Unlike the official iterators these leave the request as it was.

interface Paged {
  page?: string | undefined;
}

/** Each page, asked for when it is reached. */
export async function* pagesOf<Request extends Paged, Page extends { opcNextPage?: string }>(
  list: (request: Request) => Promise<Page>,
  request: Request,
): AsyncGenerator<Page, void, undefined> {
  for (let next: Request | undefined = request; next !== undefined; ) {
    const page: Page = await list(next);
    yield page;
    next = page.opcNextPage ? { ...request, page: page.opcNextPage } : undefined;
  }
}

/** Each entry of each page. */
export async function* recordsOf<Request extends Paged, Entry>(
  list: (request: Request) => Promise<{ items: Entry[]; opcNextPage?: string }>,
  request: Request,
): AsyncGenerator<Entry, void, undefined> {
  for await (const { items } of pagesOf(list, request)) yield* items;
}

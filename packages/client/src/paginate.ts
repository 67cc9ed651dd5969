// Lists without pages.
import type { Response } from './response.ts';

/** As much of a list's options as paging is about. */
export interface Paged {
  /** Where to begin: the `nextPage` of an answer; the first page if not given. */
  readonly page?: string | undefined;
}

/**
 * Every entry of a list, page after page, each asked for when it is reached: `paginate((options) => admin.listStreams(options), { compartmentId })`.
 * Rejects as the call does.
 */
export async function* paginate<Options extends object, Entry>(
  list: (options: Options & Paged) => Promise<Response<Entry[]>>,
  options: Options & Paged,
): AsyncGenerator<Entry, void, undefined> {
  for (let page = options.page, isFirst = true; isFirst || page !== undefined; isFirst = false) {
    const response: Response<Entry[]> = await list(page === undefined ? options : { ...options, page });
    yield* response.data;
    page = response.nextPage;
  }
}

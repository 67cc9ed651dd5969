// A stream's record as the API shows it.
import { formatTime } from 'millrace-protocol';
import type { Stream, StreamSummary } from 'millrace-protocol/shapes';
import type { StreamRecord } from './catalogue-state.ts';

/** As lists show it; `origin` becomes its `messagesEndpoint`. */
export function streamSummary(record: StreamRecord, origin: string): StreamSummary {
  const { id, name, partitions, compartmentId, streamPoolId, lifecycleState, timeCreatedMs, freeformTags, definedTags } = record;
  return {
    id,
    name,
    partitions,
    compartmentId,
    streamPoolId,
    lifecycleState,
    timeCreated: formatTime(timeCreatedMs),
    messagesEndpoint: origin,
    freeformTags,
    definedTags,
  };
}

/** As GetStream shows it. */
export function streamView(record: StreamRecord, origin: string): Stream {
  return { ...streamSummary(record, origin), retentionInHours: record.retentionInHours, lifecycleStateDetails: null };
}

// Looking at the data of a stopped service: what the command line needs of the log, without the service.
export {
  LogError,
  type OffsetRange,
  type PartitionReport,
  type Problem,
  type Tally,
  type Verification,
  verifyLogStore,
} from 'millrace-log';

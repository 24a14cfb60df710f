import {
  MongoBulkWriteError,
  MongoDriverError,
  MongoError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoServerError,
  MongoSystemError,
} from 'mongodb';
import { StorageUnavailable } from '../../ports/storage.js';

/** Does the work; that MongoDB cannot be read or written now becomes `StorageUnavailable`. */
export const translated = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new StorageUnavailable(`MongoDB cannot be reached, or not be written: ${error.message}`, error);
  }
};

/** A unique key is in use; of a bulk write, that of some of its documents, and nothing else went wrong. */
export const isTaken = (error: unknown): boolean => {
  if (!(error instanceof MongoServerError && error.code === duplicateKey)) return false;
  if (!(error instanceof MongoBulkWriteError)) return true;
  const { result } = error;
  const areTaken = result.getWriteErrors().every(({ code }) => code === duplicateKey);
  return areTaken && result.getWriteConcernError() === undefined;
};

const duplicateKey = 11_000;

/**
 * By the driver's specifications (https://github.com/mongodb/specifications: retryable writes and reads) and the
 * server's error codes (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml).
 */
const unavailable = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  11, // UserNotFound
  13, // Unauthorized
  18, // AuthenticationFailed
  24, // LockTimeout
  43, // CursorNotFound
  50, // MaxTimeMSExpired
  64, // WriteConcernTimeout
  79, // UnknownReplWriteConcern
  89, // NetworkTimeout
  91, // ShutdownInProgress
  100, // UnsatisfiableWriteConcern
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  237, // CursorKilled
  262, // ExceededTimeLimit
  391, // ReauthenticationRequired
  9_001, // SocketException
  10_058, // LegacyNotPrimary
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_601, // Interrupted
  11_602, // InterruptedDueToReplStateChange
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
  14_031, // OutOfDiskSpace
]);

const isUnavailable = (error: unknown): error is MongoError => {
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoServerError) {
    const concern =
      error instanceof MongoBulkWriteError ? error.result.getWriteConcernError()?.code : undefined;
    return (
      // The driver's way of telling that a bulk write was not answered.
      (error instanceof MongoBulkWriteError && error.code === undefined) ||
      error.hasErrorLabel('RetryableWriteError') ||
      unavailable.has(Number(error.code)) ||
      (concern !== undefined && unavailable.has(concern))
    );
  }
  // What is left is of the connection: closed, cut, none in time, or no server to be had.
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoSystemError ||
    (error instanceof MongoDriverError && !(error instanceof MongoInvalidArgumentError))
  );
};

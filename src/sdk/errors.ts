import type { Diagnostic } from './diagnostics.ts';

interface ErrorExtra {
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Stable kebab-case name, as for diagnostics. */
  readonly code?: string;
}

/** A failure that is told to the user as it stands: its message is a whole sentence, cause first. */
export class KilnError extends Error {
  readonly hint: string | undefined;
  readonly code: string;

  constructor(message: string, extra: ErrorExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'KilnError';
    this.hint = extra.hint;
    this.code = extra.code ?? 'failed';
  }
}

/** Problems in what the user wrote, found when acting on it was already under way. */
export class DiagnosticError extends KilnError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const first = diagnostics.find(one => one.severity === 'error') ?? diagnostics[0];
    super(first?.message ?? 'the template is not valid', { code: first?.code ?? 'invalid' });
    this.name = 'DiagnosticError';
    this.diagnostics = diagnostics;
  }
}

/** The reason of an aborted build: who stopped it, and how the user would say it. */
export class CancelledError extends KilnError {
  constructor(message: string) {
    super(message, { code: 'cancelled' });
    this.name = 'CancelledError';
  }
}

/** A one-line text for anything that was thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** The `code` of a Node system error (`ENOENT` ...), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Says a file-system failure the way a user would: `"x.sh" does not exist`. */
export function describeFileError(path: string, error: unknown): string {
  switch (systemCode(error)) {
    case 'ENOENT':
      return `"${path}" does not exist`;
    case 'EACCES':
    case 'EPERM':
      return `"${path}" may not be read or written by this user`;
    case 'EISDIR':
      return `"${path}" is a folder, not a file`;
    case 'ENOTDIR':
      return `a part of the path "${path}" is a file, not a folder`;
    case 'ENOSPC':
      return `the disk is full: "${path}" could not be written`;
    case 'EDQUOT':
      return `the disk quota is used up: "${path}" could not be written`;
    case 'EROFS':
      return `"${path}" lies on a read-only file system`;
    case 'ELOOP':
      return `"${path}" is a loop of symbolic links`;
    default:
      return `"${path}": ${messageOf(error)}`;
  }
}

import type { Artifact } from '../../sdk/artifact.ts';
import { durationInWords } from '../../sdk/duration.ts';
import type { BuildEvent } from '../../sdk/events.ts';
import { type Io, wantsColor } from '../io.ts';
import type { OutputMode } from '../output-mode.ts';
import { formatDiagnostic } from './diagnostics.ts';
import type { Renderer } from './renderer.ts';
import { StatusLine } from './status-line.ts';
import { type Style, styleFor } from './style.ts';

/** The run as people follow it: one coloured prefix per build, errors on stderr, a summary that says the cause first. */
export function humanRenderer(io: Io, mode: OutputMode): Renderer {
  return new HumanRenderer(io, mode);
}

type Failed = Extract<BuildEvent, { type: 'build-failed' }>;

class HumanRenderer implements Renderer {
  readonly #io: Io;
  readonly #mode: OutputMode;
  readonly #out: Style;
  readonly #err: Style;
  readonly #status: StatusLine;
  readonly #index = new Map<string, number>();
  readonly #finished: { readonly build: string; readonly artifacts: readonly Artifact[] }[] = [];
  readonly #failed: Failed[] = [];

  constructor(io: Io, mode: OutputMode) {
    this.#io = io;
    this.#mode = mode;
    this.#out = styleFor(wantsColor(io, 'stdout', mode.color));
    this.#err = styleFor(wantsColor(io, 'stderr', mode.color));
    this.#status = new StatusLine(io);
  }

  event(event: BuildEvent): void {
    switch (event.type) {
      case 'build-queued':
        this.#index.set(event.build, event.index);
        break;
      case 'say':
        this.#say(event.build, event.text);
        break;
      case 'error':
        this.#problem(event.build, event.text);
        break;
      case 'output':
        this.#print(`${this.#paint(event.build, `    ${event.build}:`)} ${event.line}`);
        break;
      case 'progress':
        this.#status.show(event.build, event.what, event.done, event.total);
        break;
      case 'notice':
        this.#print(this.#out.dim(event.text));
        break;
      case 'cancelling':
        this.#status.clear();
        this.#io.err(`${event.text}\n`);
        break;
      case 'diagnostic':
        this.#status.clear();
        this.#io.err(`${formatDiagnostic(event.diagnostic, this.#err)}\n`);
        break;
      case 'build-finished':
        this.#finished.push(event);
        this.#print(
          this.#paint(event.build, `Build '${event.build}' finished after ${durationInWords(event.milliseconds)}.`),
        );
        break;
      case 'build-failed':
        this.#failed.push(event);
        this.#status.clear();
        this.#io.err(
          `${this.#err.error(`Build '${event.build}' errored after ${durationInWords(event.milliseconds)}:`)} ${event.message}\n`,
        );
        break;
      case 'run-finished':
        this.#summary(event.milliseconds, event.interrupted);
        break;
      case 'build-started':
        break;
    }
  }

  pause(): void {
    this.#status.clear();
  }

  close(): void {
    this.#status.clear();
  }

  #say(build: string, text: string): void {
    for (const line of text.trimEnd().split('\n')) this.#print(this.#paint(build, `==> ${build}: ${line}`));
  }

  #problem(build: string, text: string): void {
    this.#status.clear();
    for (const line of text.trimEnd().split('\n'))
      this.#io.err(`${this.#stamp()}${this.#err.error(`==> ${build}:`)} ${line}\n`);
  }

  #print(line: string): void {
    this.#status.clear();
    this.#io.out(`${this.#stamp()}${line}\n`);
  }

  /** A build's post-processors, `NAME (type)`, have its colour. */
  #paint(build: string, text: string): string {
    const index = this.#index.get(build) ?? this.#index.get(build.replace(/ \([^)]*\)$/, ''));
    return index === undefined ? text : this.#out.build(index, text);
  }

  #stamp(): string {
    return this.#mode.timestamps ? `${localTimestamp(new Date())}: ` : '';
  }

  #summary(milliseconds: number, interrupted: boolean): void {
    this.#status.clear();
    const { out, err } = this.#io;
    out(`\n==> Wait completed after ${durationInWords(milliseconds)}\n`);
    if (interrupted) {
      out('Cleanly cancelled builds after being interrupted.\n');
      return;
    }
    if (this.#failed.length > 0) {
      err("\n==> Some builds didn't complete successfully and had errors:\n");
      for (const one of this.#failed) {
        err(`--> ${this.#err.error(one.build)}: ${one.message}\n`);
        if (one.hint) err(`    ${this.#err.dim('help:')} ${one.hint}\n`);
        for (const artifact of distinct(one.artifacts))
          err(`    Finished before that and kept: ${artifact.description.trim()}\n`);
      }
    }
    const artifacts = this.#finished.flatMap(({ build, artifacts: made }) =>
      distinct(made).map(artifact => ({ build, artifact })),
    );
    if (artifacts.length > 0) {
      out('\n==> Builds finished. The artifacts of successful builds are:\n');
      for (const { build, artifact } of artifacts)
        out(`--> ${this.#paint(build, build)}: ${artifact.description.trimEnd()}\n`);
    } else if (this.#failed.length === 0) out('\n==> Builds finished but no artifacts were created.\n');
  }
}

/** A post-processor that passes its input through makes the same artifact appear twice; people want to see it once. */
function distinct(artifacts: readonly Artifact[]): Artifact[] {
  return [...new Set(artifacts)];
}

/** RFC 3339 in the local zone, as Packer's -timestamp-ui. */
function localTimestamp(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -at.getTimezoneOffset();
  const zone =
    offset === 0
      ? 'Z'
      : `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${zone}`;
}

import type { Artifact } from '../../sdk/artifact.ts';
import { durationInWords } from '../../sdk/duration.ts';
import type { BuildEvent } from '../../sdk/events.ts';
import type { Io } from '../io.ts';
import type { OutputMode } from '../output-mode.ts';
import { formatDiagnostic } from './diagnostics.ts';
import { machineLine } from './machine-line.ts';
import type { Renderer } from './renderer.ts';
import { styleFor } from './style.ts';

/** Packer's machine-readable format, all on stdout. */
export function machineRenderer(io: Io, mode: OutputMode): Renderer {
  const line = (target: string, type: string, ...data: string[]): void => io.out(machineLine(target, type, data));
  const ui = (kind: 'say' | 'error', text: string): void =>
    line('', 'ui', kind, mode.timestamps ? `${new Date().toISOString()}: ${text}` : text);
  const prefixed = (build: string, text: string): string =>
    text
      .trimEnd()
      .split('\n')
      .map(part => `==> ${build}: ${part}`)
      .join('\n');
  const finished: { build: string; artifacts: readonly Artifact[] }[] = [];
  const failed: Extract<BuildEvent, { type: 'build-failed' }>[] = [];

  const artifactLines = (build: string, artifact: Artifact, index: number): void => {
    const at = String(index);
    line(build, 'artifact', at, 'builder-id', artifact.builderId);
    line(build, 'artifact', at, 'id', artifact.id);
    line(build, 'artifact', at, 'string', artifact.description);
    line(build, 'artifact', at, 'files-count', String(artifact.files.length));
    for (const [fileIndex, file] of artifact.files.entries())
      line(build, 'artifact', at, 'file', String(fileIndex), file);
    line(build, 'artifact', at, 'end');
    ui('say', `--> ${build}: ${artifact.description}`);
  };

  const summary = (milliseconds: number, interrupted: boolean): void => {
    ui('say', `\n==> Wait completed after ${durationInWords(milliseconds)}`);
    if (interrupted) {
      ui('say', 'Cleanly cancelled builds after being interrupted.');
      return;
    }
    if (failed.length > 0) {
      line('', 'error-count', String(failed.length));
      ui('error', "\n==> Some builds didn't complete successfully and had errors:");
      for (const one of failed) {
        line(one.build, 'error', one.message);
        ui('error', `--> ${one.build}: ${one.message}`);
      }
    }
    if (!finished.some(one => one.artifacts.length > 0)) {
      if (failed.length === 0) ui('say', '\n==> Builds finished but no artifacts were created.');
      return;
    }
    ui('say', '\n==> Builds finished. The artifacts of successful builds are:');
    for (const { build, artifacts } of finished) {
      line(build, 'artifact-count', String(artifacts.length));
      for (const [index, artifact] of artifacts.entries()) artifactLines(build, artifact, index);
    }
  };

  return {
    pause: () => {},
    close: () => {},
    event(event) {
      switch (event.type) {
        case 'say':
          return ui('say', prefixed(event.build, event.text));
        case 'error':
          return ui('error', prefixed(event.build, event.text));
        case 'output':
          return ui(event.stream === 'stderr' ? 'error' : 'say', prefixed(event.build, event.line));
        case 'notice':
          return ui('say', event.text);
        case 'cancelling':
          return ui('error', event.text);
        case 'diagnostic':
          return ui(
            event.diagnostic.severity === 'error' ? 'error' : 'say',
            formatDiagnostic(event.diagnostic, styleFor(false)).trimEnd(),
          );
        case 'build-finished':
          finished.push(event);
          return ui('say', `Build '${event.build}' finished after ${durationInWords(event.milliseconds)}.`);
        case 'build-failed':
          failed.push(event);
          return ui(
            'error',
            `Build '${event.build}' errored after ${durationInWords(event.milliseconds)}: ${event.message}`,
          );
        case 'run-finished':
          return summary(event.milliseconds, event.interrupted);
        case 'build-queued':
        case 'build-started':
        case 'progress':
          return;
      }
    },
  };
}

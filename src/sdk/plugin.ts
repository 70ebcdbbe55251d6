import type { Artifact } from './artifact.ts';
import type { Communicator } from './communicator.ts';
import type { ConfigNode } from './node.ts';
import type { OptionSchema } from './options.ts';
import type { Resources, UndoResource } from './resources.ts';
import type { Span } from './source.ts';

export type OnError = 'cleanup' | 'abort' | 'ask' | 'run-cleanup-provisioner' | 'keep';

/** What is known before anything runs: the same for all plugins of one build. */
export interface BuildInfo {
  /** The builder's name as rendered; what PACKER_BUILD_NAME holds. */
  readonly name: string;
  readonly builderType: string;
  /** Absolute folder of the template. */
  readonly templateDir: string;
  readonly force: boolean;
  readonly debug: boolean;
  readonly onError: OnError;
  /** This build runs against the embedded EC2. */
  readonly local: boolean;
}

export type OptionPath = readonly (string | number)[];

/** Handed to `prepare`: where options stand in the template, and where to report what is wrong with them. */
export interface PrepareContext {
  readonly build: BuildInfo;
  /** The rendered options with their places. */
  readonly node: ConfigNode;
  /** The place of an option's value, or of the component when it is not written. */
  at(path: OptionPath): Span | undefined;
  error(path: OptionPath, code: string, message: string, hint?: string): void;
  warning(path: OptionPath, code: string, message: string, hint?: string): void;
  /** Marks a value that must never be printed. */
  secret(value: string): void;
}

interface PluginBase {
  readonly type: string;
  readonly schema: OptionSchema;
  /** kiln can check this type but not run it; `build` refuses it, with this advice, before it launches anything. */
  readonly cannotRun?: string;
}

/** Speaks to the user while a build runs; the engine turns it into events. */
export interface Ui {
  /** A step of the build: `==> name: text`. */
  say(text: string): void;
  /** Something went wrong or needs attention, but the build goes on or is about to fail anyway. */
  error(text: string): void;
  /** Bytes a command printed; split into lines by the receiver. */
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Long work: how far it is. `total` undefined when unknown. */
  progress(what: string, done: number, total?: number): void;
  /** Asks and waits for a line; throws when there is no terminal. */
  ask(question: string, signal: AbortSignal): Promise<string>;
}

/** Given to everything that runs. */
export interface RunContext {
  readonly build: BuildInfo;
  /** Aborted, with a reason, when the build is to stop. Pass it to all that waits. */
  readonly signal: AbortSignal;
  readonly ui: Ui;
  readonly resources: Resources;
  /** Unique per process run; PACKER_RUN_UUID. */
  readonly runUuid: string;
  /** Run-time values: ID, Host, SourceAMI ... */
  readonly buildData: Readonly<Record<string, string>>;
  /** Renders a late option with the build data and `extra` as `{{ .Key }}`; repeats until it stops changing, as Packer does. Throws KilnError. */
  render(template: string, extra?: Readonly<Record<string, unknown>>): string;
  secret(value: string): void;
}

// --- builders ---------------------------------------------------------------------------------------------------

/** How to log in; taken from the communicator options (src/sdk/communicator-options.ts) and completed by the builder. */
export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  /** Private keys made by the builder, PEM or OpenSSH text, tried before the configured ones. */
  readonly privateKeys?: readonly string[];
  /** Host public keys the machine is known to have (OpenSSH one-line form); when given, others are refused. */
  readonly hostKeys?: readonly string[];
  readonly password?: string;
}

/** A launched machine. The engine connects to it, provisions it, and lets it go. */
export interface Machine {
  /** e.g. the instance id; `{{ build "ID" }}`. */
  readonly id: string;
  /** Where to connect now; called before each attempt, as addresses may change or appear late. */
  target(signal: AbortSignal): Promise<ConnectTarget>;
  /** Values for provisioners and post-processors, e.g. SourceAMI. */
  readonly buildData: Readonly<Record<string, string>>;
  /** Host keys the machine itself announced (console output), when they can be had; undefined when not. */
  announcedHostKeys?(signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Comment of the temporary key in authorized_keys, which ssh_clear_authorized_keys removes. */
  readonly temporaryKeyName?: string;
  /** The machine is a folder of this host, entered with chroot; the engine connects by it. */
  readonly chroot?: ChrootMachine;
  /** Lets the machine and all that was made for it go, without waiting. */
  releaseSoon(): void;
  /**
   * What the builder's `attach` needs to take the machine over in another process (-on-error=keep); it may hold secrets.
   * Absent, or undefined, when the machine cannot be taken over.
   */
  attachment?(): Readonly<Record<string, string>> | undefined;
}

/** A folder that holds a root file system, and how this host's commands are wrapped (e.g. in sudo). */
export interface ChrootMachine {
  readonly path: string;
  /** The shell command line that runs a shell command line of this host. */
  wrap(command: string): string;
}

/** A builder with its options checked: immutable, ready to run any number of times. */
export interface PreparedBuilder {
  /** Decoded communicator options; undefined for builders that do not connect. */
  readonly communicator?: Readonly<Record<string, unknown>> & { readonly communicator?: string | undefined };
  /** Names of build data that this builder will supply, besides the common ones. */
  readonly generated: readonly string[];
  /** A post-processor to run first of all, e.g. `ami` for amazon-ebs; its artifact then is the builder's. */
  readonly finish?: { readonly type: string; readonly options: unknown };
  /** Launches the machine, or stands in for one; all it creates goes through `run.resources`. */
  launch(run: RunContext): Promise<Machine>;
  /** Takes over a machine of an earlier process by its attachment; what it owns is in `run.resources.adopted`. Throws KilnError when it is gone. */
  attach?(run: RunContext, attachment: Readonly<Record<string, string>>): Promise<Machine>;
  /** Undoes what an earlier process launched with these options; goes with `attach`. */
  readonly undo?: UndoResource;
  /** Longest the machine may live, in milliseconds: after that it ends itself. Absent: 0, it does not. */
  readonly maxBuildTime?: number;
  /** Work inside the machine when all provisioners are through, e.g. bundling it; through the communicator. */
  afterProvision?(run: ProvisionContext, machine: Machine): Promise<void>;
  /** For builders whose artifact needs no post-processor (null, file). Runs after provisioning; the machine still lives. */
  artifact?(run: RunContext, machine: Machine): Promise<Artifact | undefined>;
}

export interface Builder<Options = never> extends PluginBase {
  readonly kind: 'builder';
  prepare(options: Options, context: PrepareContext): PreparedBuilder | Promise<PreparedBuilder>;
}

// --- provisioners -----------------------------------------------------------------------------------------------

export interface ProvisionContext extends RunContext {
  readonly communicator: Communicator;
}

export interface PreparedProvisioner {
  provision(run: ProvisionContext): Promise<void>;
}

export interface Provisioner<Options = never> extends PluginBase {
  readonly kind: 'provisioner';
  prepare(options: Options, context: PrepareContext): PreparedProvisioner | Promise<PreparedProvisioner>;
}

// --- post-processors --------------------------------------------------------------------------------------------

export interface PostProcessContext extends RunContext {
  /** What the previous element gave; undefined only for one that works on the machine itself. */
  readonly artifact: Artifact | undefined;
  /** Present while the machine lives. */
  readonly machine: Machine | undefined;
  /** Tell that this element is done with the machine; the last one to say so ends it. */
  doneWithMachine(): void;
}

export interface PostProcessResult {
  /** Undefined ends the sequence. */
  readonly artifact: Artifact | undefined;
  /** Whether the input artifact is kept when the template does not say. */
  readonly keepInput: boolean;
  /** With `keepInput`: the template cannot switch it off. */
  readonly forceKeepInput: boolean;
}

export interface PreparedPostProcessor {
  /** It works on the running machine, as `ami` does, rather than on an artifact. */
  readonly needsMachine?: boolean;
  process(run: PostProcessContext): Promise<PostProcessResult>;
}

export interface PostProcessor<Options = never> extends PluginBase {
  readonly kind: 'post-processor';
  prepare(options: Options, context: PrepareContext): PreparedPostProcessor | Promise<PreparedPostProcessor>;
}

export type Plugin = Builder | Provisioner | PostProcessor;

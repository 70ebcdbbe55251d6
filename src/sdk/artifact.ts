/** What a builder or post-processor produced, as Packer's artifact interface describes it. */
export interface Artifact {
  /** Who made it, e.g. `mitchellh.amazonebs`; see docs/packer-compatibility.md for the list. */
  readonly builderId: string;
  /** e.g. `eu-west-1:ami-1,us-east-1:ami-2`; may be empty. */
  readonly id: string;
  /** Paths of local files it consists of. */
  readonly files: readonly string[];
  /** The text of the final summary, possibly several lines. */
  readonly description: string;
  /** Values for `{{ build "K" }}` and `{{ .K }}` in post-processors; undefined when it carries none. */
  readonly buildData?: Readonly<Record<string, string>> | undefined;
  /** Removes it: files deleted, AMIs deregistered with their snapshots. Throws what could not be removed. */
  destroy(signal: AbortSignal): Promise<void>;
}
